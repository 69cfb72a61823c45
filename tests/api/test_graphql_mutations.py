"""Mutations: each command reaches its order or return as it was meant, or says why not."""

from typing import Any

import pytest

from domain.commands import CommandKind
from domain.errors import LimitExceeded, StepRefused
from domain.order import LineUnits
from ports.desk import DeskUnavailable
from tests.api import scenes
from tests.api.scenes import FIRST, NUMBER

RMA = f"{NUMBER}-R1"
KEY = {"idempotencyKey": "key-1"}
ERRORS = "userErrors { code message field }"


@pytest.fixture
def detail(office):
    found = scenes.completed([scenes.requested_return()])
    office.reads.add(found)
    return found


async def act(client, name: str, content: dict[str, Any], role: str = "supervisor") -> dict:
    subject = "return" if name.startswith("return") else "order"
    kind = f"{name[0].upper()}{name[1:]}Input"
    query = f"mutation($i: {kind}!) {{ {name}(input: $i) {{ {subject} {{ number }} {ERRORS} }} }}"
    answer = await client.graphql(query, {"i": content}, role=role)
    assert "errors" not in answer
    return answer["data"][name]


COMMANDS = [
    ("orderApprove", {"order": NUMBER}, CommandKind.APPROVE, {"reason": ""}),
    ("orderReject", {"order": NUMBER, "reason": "fraud"}, CommandKind.REJECT, {"reason": "fraud"}),
    ("orderCancel", {"order": NUMBER}, CommandKind.CANCEL, {"reason": ""}),
    (
        "orderOverrideSource",
        {"order": NUMBER, "fulfillmentOrder": FIRST, "location": "NYC", "reason": "near"},
        CommandKind.OVERRIDE_SOURCE,
        {"reason": "near", "target": FIRST, "location": "NYC"},
    ),
    ("orderRetryStock", {"order": NUMBER}, CommandKind.RETRY_STOCK, {"reason": ""}),
    (
        "orderRetryPayment",
        {"order": NUMBER, "source": "tok_ok"},
        CommandKind.RETRY_PAYMENT,
        {"reason": "", "source": "tok_ok"},
    ),
    (
        "orderRetryCapture",
        {"order": NUMBER, "fulfillmentOrder": FIRST},
        CommandKind.RETRY_CAPTURE,
        {"reason": "", "target": FIRST},
    ),
    (
        "orderLeaveReceivable",
        {"order": NUMBER, "fulfillmentOrder": FIRST, "reason": "agreed"},
        CommandKind.LEAVE_RECEIVABLE,
        {"reason": "agreed", "target": FIRST},
    ),
    (
        "orderGrantCredit",
        {"order": NUMBER, "reason": "they pay"},
        CommandKind.GRANT_CREDIT,
        {"reason": "they pay"},
    ),
    (
        "orderRefuseCredit",
        {"order": NUMBER, "reason": "too much"},
        CommandKind.REFUSE_CREDIT,
        {"reason": "too much"},
    ),
    (
        "orderRetryOperation",
        {"order": NUMBER, "operation": f"{NUMBER}/void/1"},
        CommandKind.RETRY_OPERATION,
        {"reason": "", "target": f"{NUMBER}/void/1"},
    ),
    (
        "orderLeaveOperation",
        {"order": NUMBER, "operation": f"{NUMBER}/void/1", "reason": "it lapses"},
        CommandKind.LEAVE_OPERATION,
        {"reason": "it lapses", "target": f"{NUMBER}/void/1"},
    ),
    (
        "orderParcelDelivered",
        {"order": NUMBER, "fulfillmentOrder": FIRST, "reason": "she called"},
        CommandKind.PARCEL_DELIVERED,
        {"reason": "she called", "target": FIRST},
    ),
    (
        "orderParcelDelivered",
        {"order": NUMBER, "fulfillmentOrder": FIRST, "packages": ["1Z1"], "reason": "she called"},
        CommandKind.PARCEL_DELIVERED,
        {"reason": "she called", "target": FIRST, "packages": ["1Z1"]},
    ),
    (
        "orderParcelLost",
        {"order": NUMBER, "fulfillmentOrder": FIRST, "packages": ["1Z1"], "reason": "searched"},
        CommandKind.PARCEL_LOST,
        {"reason": "searched", "target": FIRST, "packages": ["1Z1"]},
    ),
    (
        "orderParcelReturned",
        {"order": NUMBER, "fulfillmentOrder": FIRST, "packages": ["1Z1"], "reason": "refused"},
        CommandKind.PARCEL_RETURNED,
        {"reason": "refused", "target": FIRST, "packages": ["1Z1"]},
    ),
    (
        "orderParcelLost",
        {"order": NUMBER, "fulfillmentOrder": FIRST, "reason": "searched"},
        CommandKind.PARCEL_LOST,
        {"reason": "searched", "target": FIRST},
    ),
    (
        "orderParcelReturned",
        {"order": NUMBER, "fulfillmentOrder": FIRST, "reason": "refused"},
        CommandKind.PARCEL_RETURNED,
        {"reason": "refused", "target": FIRST},
    ),
    (
        "orderParcelWithdrawn",
        {"order": NUMBER, "fulfillmentOrder": FIRST, "reason": "it is down for good"},
        CommandKind.PARCEL_WITHDRAWN,
        {"reason": "it is down for good", "target": FIRST},
    ),
    ("returnApprove", {"return": RMA}, CommandKind.RETURN_APPROVE, {"reason": ""}),
    (
        "returnDecline",
        {"return": RMA, "reason": "worn"},
        CommandKind.RETURN_DECLINE,
        {"reason": "worn"},
    ),
    (
        "returnReceive",
        {"return": RMA, "location": "BOS", "lines": [{"line": 1, "quantity": 1}]},
        CommandKind.RETURN_RECEIVE,
        {
            "reason": "",
            "location": "BOS",
            "lines": [{"line": 1, "sku": "1082185", "quantity": 1}],
        },
    ),
    (
        "returnInspect",
        {"return": RMA, "units": [{"line": 1, "quantity": 1, "disposition": "SEND_BACK"}]},
        CommandKind.RETURN_INSPECT,
        {
            "reason": "",
            "units": [
                {"line": 1, "sku": "1082185", "quantity": 1, "disposition": "send_back"},
            ],
            "store_credit": 0,
        },
    ),
    ("returnCancel", {"return": RMA}, CommandKind.RETURN_CANCEL, {"reason": ""}),
    (
        "returnRetryRefund",
        {"return": RMA, "storeCredit": 300},
        CommandKind.RETURN_RETRY_REFUND,
        {"reason": "", "store_credit": 300},
    ),
    ("returnApproveRefund", {"return": RMA}, CommandKind.RETURN_APPROVE_REFUND, {"reason": ""}),
    (
        "returnTransferRefund",
        {"return": RMA, "reference": "OUT-1"},
        CommandKind.RETURN_TRANSFER_REFUND,
        {"reason": "", "reference": "OUT-1"},
    ),
    (
        "returnCancelRefund",
        {"return": RMA, "reason": "typo"},
        CommandKind.RETURN_CANCEL_REFUND,
        {"reason": "typo"},
    ),
    (
        "returnWriteOff",
        {"return": RMA, "reason": "gone"},
        CommandKind.RETURN_WRITE_OFF,
        {"reason": "gone"},
    ),
]


def test_every_kind_of_command_has_its_mutation():
    assert {kind for _, _, kind, _ in COMMANDS} == set(CommandKind)


@pytest.mark.parametrize(("name", "given", "kind", "body"), COMMANDS, ids=[c[0] for c in COMMANDS])
async def test_a_command_is_accepted_and_delivered(client, office, detail, name, given, kind, body):
    answer = await act(client, name, {**given, **KEY})
    subject = given.get("order") or given["return"]
    assert answer["userErrors"] == []
    assert next(iter(answer.values())) == {"number": subject}
    assert office.commands.bodies == {("ana", "key-1"): (kind, subject, body)}
    ((delivered_to, command),) = office.desk.commands
    assert (delivered_to, command.kind, command.by) == (subject, kind, "ana")


async def test_a_refusal_is_data_with_its_code(client, office, detail):
    office.desk.outcome = StepRefused("the order is COMPLETED, not in review")
    answer = await act(client, "orderApprove", {"order": NUMBER, **KEY})
    assert answer == {
        "order": {"number": NUMBER},
        "userErrors": [
            {
                "code": "STEP_REFUSED",
                "message": "the order is COMPLETED, not in review",
                "field": None,
            }
        ],
    }
    assert office.commands.refused == [("cmd-1", "STEP_REFUSED", office.desk.outcome.message)]


async def test_a_process_that_does_not_answer_is_no_refusal(client, office, detail):
    office.desk.down = DeskUnavailable("slow")
    answer = await act(client, "orderApprove", {"order": NUMBER, **KEY})
    (error,) = answer["userErrors"]
    assert error["code"] == "TRY_AGAIN"
    assert "stored" in error["message"]
    assert len(office.commands.stored) == 1


async def test_a_role_that_may_not_is_told_so_and_nothing_is_stored(client, office, detail):
    answer = await act(client, "orderApprove", {"order": NUMBER, **KEY}, role="warehouse")
    assert [error["code"] for error in answer["userErrors"]] == ["FORBIDDEN"]
    assert (office.commands.stored, office.desk.commands) == ({}, [])


async def test_another_body_under_the_same_key_is_a_conflict(client, office, detail):
    await act(client, "orderCancel", {"order": NUMBER, **KEY})
    answer = await act(client, "orderCancel", {"order": NUMBER, "reason": "other", **KEY})
    assert [error["code"] for error in answer["userErrors"]] == ["KEY_CONFLICT"]
    assert len(office.desk.commands) == 1


async def test_an_empty_key_names_its_field(client, office, detail):
    answer = await act(client, "orderApprove", {"order": NUMBER, "idempotencyKey": ""})
    (error,) = answer["userErrors"]
    assert (error["code"], error["field"]) == ("MALFORMED", "idempotencyKey")
    assert office.commands.stored == {}


async def test_a_line_that_the_order_does_not_have_is_named(client, office, detail):
    lines = [{"line": 1, "quantity": 1}, {"line": 9, "quantity": 1}]
    answer = await act(
        client, "returnReceive", {"return": RMA, "location": "BOS", "lines": lines, **KEY}
    )
    (error,) = answer["userErrors"]
    assert (error["code"], error["field"]) == ("MALFORMED", "lines.1.line")
    assert office.commands.stored == {}


async def test_a_command_on_a_return_that_is_not_there_answers_null(client, office):
    answer = await act(
        client, "returnReceive", {"return": "NOPE-R1", "location": "BOS", "lines": [], **KEY}
    )
    assert answer["return"] is None
    assert [error["code"] for error in answer["userErrors"]] == ["NOT_FOUND"]


async def test_a_return_is_asked_for_with_the_skus_of_its_lines(client, office, detail):
    given = {"order": NUMBER, "reason": "damaged", "lines": [{"line": 1, "quantity": 1}]}
    answer = await act(client, "returnRequest", {**given, **KEY}, role="agent")
    assert answer == {"return": {"number": RMA}, "userErrors": []}
    asked = ("key-1", NUMBER, [LineUnits(1, "1082185", 1)], "damaged")
    assert office.commands.returns == [asked]
    assert office.desk.started == [f"return/{RMA}"]


async def test_more_than_was_delivered_cannot_be_returned(client, office, detail):
    office.commands.fails = LimitExceeded("line 1: 9 units asked, 1 can be returned")
    given = {"order": NUMBER, "reason": "damaged", "lines": [{"line": 1, "quantity": 9}]}
    answer = await act(client, "returnRequest", {**given, **KEY}, role="agent")
    assert answer["return"] is None
    assert [error["code"] for error in answer["userErrors"]] == ["LIMIT_EXCEEDED"]
    assert office.desk.started == []


@pytest.mark.parametrize("source", ["", " "])
async def test_a_payment_without_a_source_is_refused_before_it_uses_up_an_attempt(
    client, detail, office, source
):
    answer = await act(client, "orderRetryPayment", {"order": NUMBER, "source": source, **KEY})
    assert [(e["code"], e["field"]) for e in answer["userErrors"]] == [("MALFORMED", "source")]
    assert (office.commands.stored, office.desk.commands) == ({}, [])


async def test_a_field_is_named_as_the_schema_names_it(client, detail, office):
    given = {"order": NUMBER, "fulfillmentOrder": "F" * 501, **KEY}
    answer = await act(client, "orderRetryCapture", given)
    assert [(e["code"], e["field"]) for e in answer["userErrors"]] == [
        ("MALFORMED", "fulfillmentOrder")
    ]
    assert office.commands.stored == {}
