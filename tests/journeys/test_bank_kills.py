"""kill -9 wherever money of a bank is taken down: transfers that are registered and assigned, and
statements that are taken in and matched. Each counts once, and nothing of it is lost.
"""

from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, ScheduleOverlapPolicy

from tests.journeys.conftest import KILLS
from tests.journeys.shop import Shop
from tests.journeys.stack import eventually, violations

REGISTERING = (
    "api.act.before_effect@transfer_register",
    "api.act.after_commit@transfer_register",
)
ASSIGNING = ("api.act.before_effect@transfer_assign", "api.act.after_commit@transfer_assign")
TELLING = ("relay.tell.before_effect", "relay.tell.after_effect")
TAKING_IN = ("worker.take_in.before_effect", "worker.take_in.after_commit")
MATCHING = (
    "worker.match.before_effect",
    "worker.match.after_commit",
    "worker.activity.before_acknowledge@reconcile",
)
POINTS = (*REGISTERING, *ASSIGNING, *TELLING, *TAKING_IN, *MATCHING)
BALANCES = """
SELECT account, sum(amount)::int FROM ledger_entry JOIN ledger_transaction ON id = transaction_id
WHERE account IN ('bank', 'unmatched', 'deposits', 'receivable', 'written_off')
GROUP BY 1 HAVING sum(amount) <> 0
"""
LINES = "SELECT reference, verdict, count(*)::int FROM settlement_line GROUP BY 1, 2 ORDER BY 1"


@pytest.mark.timeout(900)
async def test_every_transfer_and_every_line_counts_once_whoever_dies_at_whichever_point(
    shop_with: Any,
) -> None:
    async with shop_with(dict.fromkeys(POINTS, "kill"), KILLS) as shop:
        orders = [
            (await shop.place(f"BANK-{n}", payment={"method": "bank_transfer"})).number
            for n in range(4)
        ]
        for number in orders:
            await shop.until(number, _waits_for_money)
        for n, number in enumerate(orders[:2]):
            await _registered(shop, f"SEPA/{n}", number)
            assert shop.stack.is_hit(REGISTERING[n])
        for n, number in enumerate(orders[2:], 2):
            await _registered(shop, f"SEPA/{n}", "rent for May")
            asked = {"reference": f"SEPA/{n}", "order": number, "reason": "they called"}
            await shop.done(shop.finance, "transferAssign", f"assign-{n}", **asked)
            assert shop.stack.is_hit(ASSIGNING[n - 2])
        for number in orders:
            await shop.until_status(number, "COMPLETED", "CLOSED")
        for point in TELLING:
            await eventually(lambda point=point: shop.stack.is_hit(point))
        assert dict(shop.stack.rows(BALANCES)) == {"bank": 4 * 1900}

        await _statement(shop, "day-1", *(f"SEPA/{n}" for n in range(4)))
        for n, point in enumerate((*TAKING_IN, *MATCHING), 1):
            await _reconcile(shop)
            await eventually(lambda point=point: shop.stack.is_hit(point))
            # What is asked of the dead waits for an engine's timeout of ten minutes.
            await eventually(lambda n=n: shop.stack.started_again("worker") == n)
        await _reconcile(shop)
        await eventually(lambda: _matched(shop) == 4)

        assert shop.stack.unhit() == []
        assert shop.stack.deaths("api") == ["killed by signal 9"] * 4
        assert shop.stack.deaths("worker") == ["killed by signal 9"] * 5
        assert shop.stack.deaths("relay") == ["killed by signal 9"] * 2
        assert shop.stack.rows(LINES) == [(f"SEPA/{n}", "MATCHED", 1) for n in range(4)]
        assert shop.stack.rows("SELECT reference FROM settlement") == [("day-1",)]
        facts = (
            "SELECT event_id, count(*)::int FROM fact WHERE source = 'bank' GROUP BY 1 ORDER BY 1"
        )
        assert shop.stack.rows(facts) == [(f"SEPA/{n}", 1) for n in range(4)]
        assert dict(shop.stack.rows(BALANCES)) == {"bank": 4 * 1900}
        settled = "SELECT count(*)::int FROM ledger_transaction WHERE operation LIKE 'settle/%%'"
        assert shop.stack.rows(settled) == [(4,)]
        assert shop.stack.rows("SELECT count(*)::int FROM return_order") == [(0,)]
        open_tasks = "SELECT id FROM task WHERE closed_at IS NULL"
        assert shop.stack.rows(open_tasks) == []
        await shop.until_told()
        assert violations(await shop.stack.audit()) == []


def _waits_for_money(view: dict[str, Any]) -> bool:
    return "transfer" in {wait["key"] for wait in view["process"]["waits"]}


async def _registered(shop: Shop, reference: str, order: str) -> None:
    wanted = {"reference": reference, "amount": 1900, "currency": "USD", "order": order}
    await shop.done(shop.finance, "transferRegister", f"register-{reference}", **wanted)


async def _statement(shop: Shop, name: str, *references: str) -> None:
    """By the bank, into the folder of the home."""
    [(day,)] = shop.stack.rows("SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date::text")
    rows = [f"charge,{reference},19.00,USD,{day}" for reference in references]
    folder = shop.settings.settlement_folder
    assert folder is not None
    _write(folder, f"bank.first.{name}.csv", ["kind,reference,gross,currency,occurred_at", *rows])


def _write(folder: Path, name: str, rows: list[str]) -> None:
    (folder / f".{name}").write_text("\n".join([*rows, ""]))
    (folder / f".{name}").rename(folder / name)


async def _reconcile(shop: Shop) -> None:
    """Another run of the schedule, also beside one whose worker died: that is tried again later."""
    client = await Client.connect(shop.settings.temporal_address)
    schedule = client.get_schedule_handle("reconciliation")
    await schedule.trigger(overlap=ScheduleOverlapPolicy.ALLOW_ALL)


def _matched(shop: Shop) -> int:
    resolved = "SELECT count(*)::int FROM settlement_line WHERE verdict = 'MATCHED'"
    [(count,)] = shop.stack.rows(resolved)
    return int(count)
