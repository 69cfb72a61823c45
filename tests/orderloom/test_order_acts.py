"""Acts on orders and returns from the command line, as far as they come without an API."""

import pytest

from domain.commands import CommandKind
from orderloom.commands.order_acts import act_on_order, order_acts
from orderloom.errors import Refused


def test_every_command_there_is_has_an_act() -> None:
    acts = order_acts()
    commands = {kind.value if kind.value.startswith("return_") else f"order_{kind.value}"
                for kind in CommandKind}  # fmt: skip
    assert set(acts) == {*commands, "return_request"}
    assert acts["order_override_source"].asks == {"fulfillment_order": True, "location": True}
    for name in ("delivered", "lost", "returned"):
        asks = {"fulfillment_order": True, "packages": False}
        assert acts[f"order_parcel_{name}"].asks == asks
    assert acts["return_inspect"].asks == {"units": True, "store_credit": False}


@pytest.mark.parametrize(
    ("name", "subject", "body", "why"),
    [
        ("order_retry_capture", "O-1", {}, "It needs fulfillment_order."),
        ("order_retry_capture", "", {"fulfillment_order": "F1"}, "Say which order"),
        ("return_approve", "", {}, "Say which return"),
        ("order_approve", "O-1", {"sku": 1}, "does not ask for sku; it asks for nothing but"),
        ("return_inspect", "O-1-R1", {"skus": 1}, "skus; it asks for units, store_credit."),
    ],
)
async def test_what_cannot_be_asked_is_refused_before_anybody_is_asked(
    name: str, subject: str, body: dict[str, object], why: str
) -> None:
    with pytest.raises(Refused, match=why.replace(".", r"\.")):
        await act_on_order(order_acts()[name], subject, body, "", "key")


async def test_an_api_that_does_not_answer_is_named_with_the_key_to_ask_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ORDERLOOM_PUBLIC_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("ORDERLOOM_SERVER_KEY", "00")
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/none")
    with pytest.raises(Refused, match=r"http://127\.0\.0\.1:1 does not answer .* --key key-7: "):
        await act_on_order(order_acts()["order_approve"], "O-1", {}, "", "key-7")
