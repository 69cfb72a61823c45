"""Commands: accepted once, decided once, expired in time."""

import asyncio
from typing import Any

import pytest

from adapters.postgres.command_book import PostgresCommandBook
from adapters.postgres.outcomes import settle
from domain import journal as j
from domain.commands import CommandKind
from domain.errors import (
    CommandExpired,
    Forbidden,
    KeyConflict,
    Malformed,
    NotFound,
    StepRefused,
)

HELD = j.Reviewed("hold", "v1", "r2", "price deviates", "agent")


async def accepted_cancel(shop: Any) -> Any:
    order = (await shop.place()).number
    return await shop.commands.accept(
        shop.agent, "k1", CommandKind.CANCEL, order, {"reason": "asked"}
    )


async def done(shop: Any, command: str, result: Any) -> None:
    async with shop.engine.begin() as connection:
        await settle(connection, command, refusal=None, result=result)


async def test_an_accepted_command_is_stored_before_it_is_delivered(shop: Any) -> None:
    accepted = await accepted_cancel(shop)
    assert not accepted.settled
    assert (accepted.command.kind, accepted.command.by, accepted.command.reason) == (
        CommandKind.CANCEL,
        "ana",
        "asked",
    )
    assert await shop.rows(
        "SELECT id, principal, roles, kind, subject, body, status FROM command WHERE key = 'k1'"
    ) == [
        (accepted.command.id, "ana", "agent", "cancel", accepted.subject, {"reason": "asked"},
         "ACCEPTED")
    ]  # fmt: skip
    assert await shop.count("audit") == 0


async def test_the_same_key_and_body_are_the_same_command(shop: Any) -> None:
    accepted = await accepted_cancel(shop)
    again = await shop.commands.accept(
        shop.agent, "k1", CommandKind.CANCEL, accepted.subject, {"reason": "asked"}
    )
    assert again == accepted
    assert await shop.count("command") == 2  # the placement and the cancel


async def test_twenty_identical_commands_at_once_are_one(shop: Any) -> None:
    order = (await shop.place()).number
    answers = await asyncio.gather(
        *(shop.commands.accept(shop.agent, "k1", CommandKind.CANCEL, order, {}) for _ in range(20))
    )
    assert len({answer.command.id for answer in answers}) == 1
    assert await shop.count("command") == 2


@pytest.mark.parametrize(
    ("kind", "body"),
    [(CommandKind.CANCEL, {"reason": "other"}), (CommandKind.RETRY_STOCK, {"reason": "asked"})],
)
async def test_the_same_key_with_another_body_is_a_conflict(
    shop: Any, kind: CommandKind, body: dict[str, str]
) -> None:
    accepted = await accepted_cancel(shop)
    with pytest.raises(KeyConflict):
        await shop.commands.accept(shop.agent, "k1", kind, accepted.subject, body)


async def test_a_settled_command_answers_its_outcome(shop: Any) -> None:
    accepted = await accepted_cancel(shop)
    await done(shop, accepted.command.id, {"status": "CANCELED"})
    again = await shop.commands.accept(
        shop.agent, "k1", CommandKind.CANCEL, accepted.subject, {"reason": "asked"}
    )
    assert (again.outcome, again.refusal) == ({"status": "CANCELED"}, None)


async def test_a_refused_command_answers_its_refusal(shop: Any) -> None:
    accepted = await accepted_cancel(shop)
    await shop.commands.refuse(accepted.command.id, "STEP_REFUSED", "too late")
    again = await shop.commands.accept(
        shop.agent, "k1", CommandKind.CANCEL, accepted.subject, {"reason": "asked"}
    )
    assert (again.outcome, again.refusal) == (None, ("STEP_REFUSED", "too late"))


async def test_what_the_state_does_not_allow_is_refused_for_good_under_its_key(shop: Any) -> None:
    order = (await shop.place()).number
    with pytest.raises(StepRefused, match="not in review"):
        await shop.commands.accept(shop.agent, "k1", CommandKind.APPROVE, order, {})
    await shop.journal(order, HELD)
    again = await shop.commands.accept(shop.agent, "k1", CommandKind.APPROVE, order, {})
    assert again.refusal == ("STEP_REFUSED", "the order is RECEIVED, not in review")
    other = await shop.commands.accept(shop.agent, "k2", CommandKind.APPROVE, order, {})
    assert not other.settled
    assert await shop.rows("SELECT act, subject, outcome FROM audit") == [
        ("approve", order, "REFUSED")
    ]


async def test_a_role_that_may_not_is_refused_and_nothing_is_stored(shop: Any) -> None:
    order = (await shop.place()).number
    for principal in (shop.warehouse, shop.developer, shop.customer(order), shop.web):
        with pytest.raises(Forbidden):
            await shop.commands.accept(principal, "k", CommandKind.APPROVE, order, {})
    assert await shop.count("command") == 1


async def test_an_act_that_owes_a_reason_is_refused_without_one(shop: Any) -> None:
    order = (await shop.place()).number
    await shop.journal(order, HELD)
    with pytest.raises(StepRefused, match="needs a reason"):
        await shop.commands.accept(shop.agent, "k", CommandKind.REJECT, order, {"reason": " "})
    assert await shop.count("command") == 1


async def test_an_order_that_one_may_not_see_does_not_exist(shop: Any) -> None:
    order = (await shop.place()).number
    for principal in (shop.pos, shop.customer("7K3M-9QXT-2AVB")):
        with pytest.raises(NotFound):
            await shop.commands.accept(principal, "k", CommandKind.CANCEL, order, {})
    with pytest.raises(NotFound):
        await shop.commands.accept(shop.agent, "k", CommandKind.CANCEL, "no-such", {})
    with pytest.raises(NotFound):
        await shop.commands.accept(shop.agent, "k", CommandKind.RETURN_APPROVE, order, {})


async def test_what_the_database_cannot_hold_is_malformed(shop: Any) -> None:
    order = (await shop.place()).number
    for reason in ("a\0b", "x" * 2_001):
        with pytest.raises(Malformed):
            await shop.commands.accept(
                shop.agent, "k", CommandKind.CANCEL, order, {"reason": reason}
            )


async def test_another_means_of_payment_is_kept_apart_from_the_command(shop: Any) -> None:
    order = (await shop.place()).number
    plan = j.HoldPlaced("payment", "declined", "customer")
    await shop.journal(order, j.Reviewed("approve", "v1", "r", "fine"), plan)
    body = {"source": "tok_other"}
    await shop.commands.accept(shop.customer(order), "k", CommandKind.RETRY_PAYMENT, order, body)
    assert await shop.rows("SELECT source FROM payment_source") == [("tok_other",)]
    assert await shop.rows("SELECT body FROM command WHERE key = 'k'") == [({},)]
    with pytest.raises(KeyConflict):
        await shop.commands.accept(
            shop.customer(order), "k", CommandKind.RETRY_PAYMENT, order, {"source": "tok_third"}
        )


async def test_a_refused_payment_retry_changes_no_means_of_payment(shop: Any) -> None:
    order = (await shop.place()).number
    with pytest.raises(StepRefused):
        await shop.commands.accept(
            shop.agent, "k", CommandKind.RETRY_PAYMENT, order, {"source": "tok_other"}
        )
    assert await shop.rows("SELECT source FROM payment_source") == [("tok_ok",)]


async def test_the_sweeper_gets_what_was_accepted_a_while_ago_until_its_process_has_heard(
    shop: Any,
) -> None:
    accepted = await accepted_cancel(shop)
    assert await shop.commands.undelivered(10) == []
    await shop.run("UPDATE command SET created_at = created_at - interval '4 seconds'")
    assert await shop.commands.undelivered(10) == [accepted]
    await done(shop, accepted.command.id, {})
    [settled] = await shop.commands.undelivered(10)
    assert settled.settled
    await shop.commands.heard(accepted.command.id)
    assert await shop.commands.undelivered(10) == []


async def test_a_command_whose_time_is_up_never_fires(shop: Any) -> None:
    shop.commands = PostgresCommandBook(shop.engine, expires_seconds=-1)
    accepted = await accepted_cancel(shop)
    await shop.run("UPDATE command SET created_at = created_at - interval '4 seconds'")
    assert await shop.commands.undelivered(10) == []
    with pytest.raises(CommandExpired):
        await done(shop, accepted.command.id, {})
    again = await shop.commands.accept(
        shop.agent, "k1", CommandKind.CANCEL, accepted.subject, {"reason": "asked"}
    )
    assert again.refusal == ("COMMAND_EXPIRED", "it could not be delivered in time")
    assert await shop.count("audit") == 0
