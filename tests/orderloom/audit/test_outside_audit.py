"""Our books against the outside parties' own journals."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from adapters.postgres.auditing.books import Books, PaymentSays, read_books
from orderloom.audit.journals import read_journals
from orderloom.audit.outside import OUTSIDE_CHECKS, Comparison
from orderloom.errors import Refused

Lines = dict[str, list[dict[str, Any]]]


@pytest_asyncio.fixture
async def books(shared_world: Any) -> Books:
    return await read_books(shared_world.engine)


@pytest.fixture
def lines(shared_world: Any, books: Books) -> Lines:
    """What the parties wrote in the world in which everything holds, some time ago."""
    at = (books.at - timedelta(minutes=5)).isoformat()
    order, parcel = shared_world.delivered, shared_world.parcel
    authorized = {"reference": f"{order}/authorize/1", "key": f"{order}/authorize/1"}
    captured = {"reference": f"{order}/capture/1", "key": f"{order}/capture/1"}
    package = {"package": "1", "lines": [{"line": 1, "sku": "TEA", "quantity": 3}]}
    return {
        "payment": [
            {"at": at, "kind": "authorize", "status": "authorized", "amount": 1500, **authorized},
            {"at": at, "kind": "capture", "status": "succeeded", "amount": 1500, **captured},
        ],
        "warehouse": [
            {"at": at, "kind": "submitted", "reference": parcel},
            {"at": at, "kind": "shipped", "reference": parcel, "packages": [package]},
        ],
        "channel": [
            {"at": at, "kind": "acknowledged", "message": "m1", "channel": "web",
             "order": "WEB-1", "number": order},
            {"at": at, "kind": "refused", "message": "m2", "channel": "web", "order": "WEB-9"},
        ],
    }  # fmt: skip


@pytest.fixture
def compare(tmp_path: Path, books: Books) -> Callable[..., dict[str, list[dict[str, Any]]]]:
    def compare(lines: Lines, books: Books = books) -> dict[str, list[dict[str, Any]]]:
        for party, written in lines.items():
            text = "".join(json.dumps(line) + "\n" for line in written)
            (tmp_path / f"{party}.jsonl").write_text(text + '{"torn', encoding="utf-8")
        comparison = Comparison(books, read_journals(tmp_path), grace_seconds=60)
        findings = [check.find(comparison) for check in OUTSIDE_CHECKS]
        return {finding.id: finding.violations for finding in findings if finding.violations}

    return compare


async def test_what_the_built_in_warehouse_shipped_is_in_its_own_book_only(world: Any) -> None:
    before = await read_books(world.engine)
    await world.run(
        "INSERT INTO pick_list (fulfillment_order, location, status, list)"
        " VALUES (:parcel, 'BOS', 'SHIPPED', '{}')"
    )
    after = await read_books(world.engine)
    assert (before.shipped, after.shipped) == ({(world.parcel, 1): 3}, {})


def test_journals_that_say_what_we_say_show_no_violation(compare: Any, lines: Lines) -> None:
    assert compare(lines) == {}


def test_units_that_the_warehouse_shipped_and_we_did_not_book(
    compare: Any, lines: Lines, shared_world: Any
) -> None:
    lines["warehouse"][1]["packages"][0]["lines"][0]["quantity"] = 4
    assert compare(lines) == {
        "S5": [{"parcel": shared_world.parcel, "line": 1, "ours": 3, "warehouse": 4}]
    }


def test_units_that_we_booked_and_the_warehouse_never_shipped(
    compare: Any, lines: Lines, shared_world: Any
) -> None:
    lines["warehouse"].pop()
    assert compare(lines) == {
        "S5": [{"parcel": shared_world.parcel, "line": 1, "ours": 3, "warehouse": 0}]
    }


def test_a_shipment_that_is_on_its_way_to_us_is_no_violation_yet(
    compare: Any, lines: Lines, books: Books
) -> None:
    shipped = {**lines["warehouse"][1], "reference": "other-F1"}
    lines["warehouse"].append({**shipped, "at": books.at.isoformat()})
    assert compare(lines) == {}
    lines["warehouse"][-1] = shipped
    assert compare(lines) == {"S5": [{"parcel": "other-F1", "line": 1, "ours": 0, "warehouse": 3}]}


def test_money_that_the_provider_moved_and_we_do_not_know_of(compare: Any, lines: Lines) -> None:
    captured = {**lines["payment"][1], "kind": "refund", "reference": "R/refund/1", "key": "k"}
    lines["payment"].append(captured)
    assert compare(lines) == {
        "M2-outside": [{"operation": "R/refund/1", "ours": "nothing", "provider": "succeeded 1500"}]
    }


def test_what_a_bank_took_back_is_compared_dispute_by_dispute(
    compare: Any, lines: Lines, books: Books, shared_world: Any
) -> None:
    capture = f"{shared_world.delivered}/capture/1"
    key = f"{capture}/chargeback/dp_1"
    taken = {**lines["payment"][1], "kind": "chargeback", "dispute": "dp_1", "amount": 400}
    del taken["key"]
    lines["payment"].append(taken)
    assert compare(lines) == {
        "M2-outside": [{"operation": key, "ours": "nothing", "provider": "succeeded 400"}]
    }
    ours = PaymentSays("SUCCEEDED", "chargeback", 400, f"chargeback of {key}")
    booked = replace(books, payments={**books.payments, key: ours})
    assert compare(lines, booked) == {}
    lines["payment"].append({**taken, "dispute": "dp_2"})
    given = {**taken, "kind": "chargeback_reversal"}
    both = {
        f"{capture}/chargeback/dp_2": replace(ours, effect="chargeback of dp_2"),
        f"{capture}/chargeback_reversal/dp_1": replace(
            ours, operation="chargeback_reversal", effect="chargeback_reversal of dp_1"
        ),
    }
    lines["payment"].append(given)
    booked = replace(books, payments={**booked.payments, **both})
    assert compare(lines, booked) == {}
    lines["payment"].append(given)
    assert compare(lines, booked) == {
        "M4": [
            {
                "operation": "chargeback_reversal of dp_1",
                "effects": 2,
                "keys": [f"{capture}/chargeback_reversal/dp_1"] * 2,
            }
        ]
    }
    del lines["payment"][2:]
    assert {row["provider"] for row in compare(lines, booked)["M2-outside"]} == {"nothing"}


@pytest.fixture
def failed(lines: Lines) -> tuple[dict[str, Any], dict[str, Any]]:
    """A refund that succeeded at the provider, and then failed."""
    about = {**lines["payment"][1], "reference": "R/refund/1", "operation": "op_1", "amount": 400}
    refund = {**about, "kind": "refund", "key": "R/refund/1"}
    failure = {**about, "kind": "refund_failure"}
    del failure["key"]
    lines["payment"] += [refund, failure]
    return refund, failure


REFUNDED = PaymentSays("SUCCEEDED", "refund", 400, "refund of R, A")
FAILURE = PaymentSays("SUCCEEDED", "refund_failure", 400, "refund_failure of R/refund/1")
NAME = "R/refund/1/refund_failure"


def test_a_refund_that_failed_moved_money_there_and_back(
    compare: Any, lines: Lines, books: Books, failed: Any
) -> None:
    there = replace(books, payments={**books.payments, "R/refund/1": REFUNDED})
    assert compare(lines, there) == {
        "M2-outside": [{"operation": NAME, "ours": "nothing", "provider": "succeeded 400"}]
    }
    both = replace(there, payments={**there.payments, NAME: FAILURE})
    assert compare(lines, both) == {}
    lines["payment"].append(failed[1])
    assert compare(lines, both) == {
        "M4": [{"operation": FAILURE.effect, "effects": 2, "keys": [NAME, NAME]}]
    }
    del lines["payment"][-2:]
    assert compare(lines, both) == {
        "M2-outside": [{"operation": NAME, "ours": "SUCCEEDED 400", "provider": "nothing"}]
    }


def test_a_refund_that_had_failed_before_we_heard_of_it_moved_nothing_and_may_be_made_again(
    compare: Any, lines: Lines, books: Books, failed: Any
) -> None:
    first, again = replace(REFUNDED, status="FAILED"), {"R/refund/2": REFUNDED}
    ours = replace(books, payments={**books.payments, "R/refund/1": first, **again})
    second = {**failed[0], "operation": "op_2", "reference": "R/refund/2", "key": "R/refund/2"}
    lines["payment"].append(second)
    assert compare(lines, ours) == {}
    lines["payment"].remove(failed[1])  # it has not failed: it was made twice
    found = compare(lines, ours)
    assert [row["operation"] for row in found["M2-outside"]] == ["R/refund/1"]
    assert found["M4"] == [
        {"operation": REFUNDED.effect, "effects": 2, "keys": ["R/refund/1", "R/refund/2"]}
    ]


def test_money_that_we_booked_and_the_provider_never_moved(
    compare: Any, lines: Lines, shared_world: Any
) -> None:
    lines["payment"][1]["status"] = "failed"
    assert compare(lines) == {
        "M2-outside": [
            {"operation": f"{shared_world.delivered}/capture/1", "ours": "SUCCEEDED 1500",
             "provider": "nothing"}
        ]
    }  # fmt: skip


def test_an_amount_that_differs_is_named(compare: Any, lines: Lines, shared_world: Any) -> None:
    lines["payment"][1]["amount"] = 1501
    assert compare(lines) == {
        "M2-outside": [
            {"operation": f"{shared_world.delivered}/capture/1", "ours": "SUCCEEDED 1500",
             "provider": "succeeded 1501"}
        ]
    }  # fmt: skip


def test_a_capture_whose_answer_is_under_way_is_no_violation_yet(
    compare: Any, lines: Lines, books: Books, shared_world: Any
) -> None:
    key = f"{shared_world.delivered}/capture/1"
    unheard = {key: replace(books.payments[key], status="UNKNOWN")}
    later = replace(books, payments={**books.payments, **unheard})
    old = compare(lines, later)
    lines["payment"][1]["at"] = books.at.isoformat()
    assert compare(lines, later) == {}
    assert old == {
        "M2-outside": [{"operation": key, "ours": "UNKNOWN 1500", "provider": "succeeded 1500"}]
    }


def test_two_effects_of_one_operation_under_different_keys(
    compare: Any, lines: Lines, shared_world: Any
) -> None:
    lines["payment"].append({**lines["payment"][1], "key": "another"})
    assert compare(lines) == {
        "M4": [
            {"operation": f"capture of {shared_world.parcel}", "effects": 2,
             "keys": [f"{shared_world.delivered}/capture/1", "another"]}
        ]
    }  # fmt: skip


def test_a_declined_authorization_and_a_second_one_are_one_effect(
    compare: Any, lines: Lines
) -> None:
    lines["payment"].insert(0, {**lines["payment"][0], "status": "declined", "key": "first"})
    assert compare(lines) == {}


def test_an_acknowledged_message_that_has_no_order(compare: Any, lines: Lines) -> None:
    lines["channel"][0].update(order="WEB-7", number="7K3M-9QXT-2AVB")
    assert compare(lines) == {
        "O1-outside": [
            {"message": "m1", "channel_order": "WEB-7", "acknowledged": "7K3M-9QXT-2AVB",
             "ours": None}
        ]
    }  # fmt: skip


def test_two_numbers_acknowledged_for_one_order(
    compare: Any, lines: Lines, shared_world: Any
) -> None:
    lines["channel"].append({**lines["channel"][0], "message": "m3", "number": shared_world.fresh})
    assert compare(lines) == {
        "O1-outside": [
            {"message": "m3", "channel_order": "WEB-1", "acknowledged": shared_world.fresh,
             "ours": shared_world.delivered}
        ]
    }  # fmt: skip


def test_a_folder_without_journals_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"payment\.jsonl"):
        read_journals(tmp_path)
    (tmp_path / "payment.jsonl").write_text("no journal\n", encoding="utf-8")
    with pytest.raises(Refused, match="is no journal"):
        read_journals(tmp_path)
