"""What the outside parties pay out, from their own journals to accounts that are empty."""

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from temporalio.client import Client

from tests.journeys.shop import Shop, order_body
from tests.journeys.stack import eventually, violations

CLEARING = """SELECT account, sum(amount)::int FROM ledger_entry
  JOIN ledger_transaction ON id = transaction_id WHERE account LIKE '%%_clearing'
  GROUP BY 1 ORDER BY 1"""
OPEN_TASKS = "SELECT id FROM task WHERE closed_at IS NULL AND kind LIKE 'settlement%%' ORDER BY id"
REPORT = "{ settlementReport { kind verdict lines gross { amount } fee { amount } } }"
LINES = """{ settlementLines(verdict: "DIFFERING") { nodes { id item reasons } } }"""


@pytest.mark.timeout(300)
async def test_settlements_empty_the_clearing_accounts_and_what_is_wrong_with_them_is_a_task(
    shop_with: Callable[[Mapping[str, str]], Any],
) -> None:
    async with shop_with({}) as shop:
        cards = [await _finished(shop, f"SET-{n}") for n in range(1, 6)]
        cash = await _finished(shop, "SET-6", payment={"method": "cash_on_delivery"})
        paid = {"method": "paid_at_channel", "reference": "till-1"}
        body = {"channel": "web", "body": order_body("SET-7", payment=paid)}
        await shop.tell_simulator("channel", "POST", "/v1/orders", body)
        [(till,)] = await eventually(
            lambda: shop.stack.rows("SELECT number FROM customer_order WHERE channel_ref = 'SET-7'")
        )
        await shop.until_status(till, "COMPLETED", "CLOSED")
        assert _clearing(shop) == {
            "channel_clearing": 1900, "cod_clearing": 1900, "provider_clearing": 5 * 1900
        }  # fmt: skip

        missing, wrong, double = (f"{number}-F1/capture/1" for number in cards[1:4])
        mistakes = {"leave_out": [missing], "wrong": [wrong], "double": [double]}
        await _drop(shop, "payment", "provider.http.po-1", fee_bp=290, **mistakes)
        await _drop(shop, "carrier", "carrier.swiftline.po-1", collected={f"{cash}-F1": 1900})
        await _drop(shop, "channel", "channel.web.po-1")
        await _run_the_schedule(shop)
        assert _clearing(shop) == {
            "channel_clearing": 0, "cod_clearing": 0, "provider_clearing": 2 * 1900
        }  # fmt: skip

        report = (await shop.finance.ask(REPORT))["settlementReport"]
        assert {(row["kind"], row["verdict"]): row["lines"] for row in report} == {
            ("carrier", "MATCHED"): 1,
            ("channel", "MATCHED"): 1,
            ("provider", "MATCHED"): 3,
            ("provider", "DIFFERING"): 2,
        }
        differing = (await shop.finance.ask(LINES))["settlementLines"]["nodes"]
        by_item = {line["item"]: line for line in differing}
        assert by_item.keys() == {wrong, ""}
        assert "it says 1800, the item 1900: -100 minor units" in by_item[wrong]["reasons"]
        assert any(double in reason for reason in by_item[""]["reasons"])
        assert len(_tasks(shop)) == 3
        assert f"settlement-missing/{missing}" in _tasks(shop)

        off = {"item": wrong, "reason": "the provider will not pay it"}
        line, twice = by_item[wrong]["id"], by_item[""]["id"]
        await shop.done(shop.finance, "settlementWriteOff", "w1", line=line, **off)
        await shop.done(shop.finance, "settlementWriteOff", "w2", line=twice, reason="twice")
        await shop.done(shop.finance, "settlementGiveUp", "g1", item=missing, reason="lost")
        assert _clearing(shop) == dict.fromkeys(_clearing(shop), 0)
        assert _tasks(shop) == []
        # As if all this were long ago: even then nothing is left that nobody knows of.
        _backdate(shop)
        assert "every 1:00:00, last " in await _doctor(shop)
        assert violations(await shop.stack.audit()) == []


async def _finished(shop: Shop, reference: str, **changes: Any) -> str:
    number = (await shop.place(reference, **changes)).number
    await shop.until_status(number, "COMPLETED", "CLOSED")
    return number


async def _drop(shop: Shop, party: str, name: str, **asked: Any) -> None:
    """The party's own file, into the folder of the home."""
    key = shop.settings.simulator_keys[party].get_secret_value()
    answer = await shop.http.post(
        f"{shop.settings.simulator_urls[party]}/v1/settlements",
        json={"payout": name, **asked},
        headers={"authorization": f"Bearer {key}"},
    )
    answer.raise_for_status()
    folder = shop.settings.settlement_folder
    assert folder is not None
    (folder / f".{name}").write_text(answer.text)
    (folder / f".{name}").rename(folder / f"{name}.csv")


async def _run_the_schedule(shop: Shop) -> None:
    client = await Client.connect(shop.settings.temporal_address)
    await client.get_schedule_handle("reconciliation").trigger()
    folder = shop.settings.settlement_folder
    assert folder is not None
    await eventually(lambda: len(list((folder / "processed").glob("*.csv"))) == 3)
    resolved = "SELECT count(*) FROM settlement_line WHERE resolved_at IS NOT NULL"
    await eventually(lambda: shop.stack.rows(resolved) == [(5,)])


async def _doctor(shop: Shop) -> str:
    """What it finds of reconciliation."""
    words = ("doctor", "--home", str(shop.stack.home.path), "--json")
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "orderloom", *words), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await child.communicate()
    found: dict[str, Any] = json.loads(output)["reachable"]["reconciliation"]
    assert found["ok"] is True
    return str(found["detail"])


def _clearing(shop: Shop) -> dict[str, int]:
    return dict(shop.stack.rows(CLEARING))


def _tasks(shop: Shop) -> list[str]:
    return [name for (name,) in shop.stack.rows(OPEN_TASKS)]


def _backdate(shop: Shop) -> None:
    statement = "UPDATE settlement SET imported_at = imported_at - interval '1 day' RETURNING 1"
    assert len(shop.stack.rows(statement)) == 3
