"""A bank takes closed orders' money back: from its webhook to an account that is empty again."""

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.journeys.shop import Shop
from tests.journeys.stack import violations

CLEARING = """SELECT coalesce(sum(amount), 0)::int FROM ledger_entry
  JOIN ledger_transaction ON id = transaction_id WHERE account = 'provider_clearing'"""
TASKS = """{ tasks(owner: "finance", first: 50) { nodes { subject order reason } } }"""
LEDGER = '{{ orderAccount(number: "{}") {{ balances {{ account balance {{ amount }} }} }} }}'


@pytest.mark.timeout(300)
async def test_what_a_bank_takes_back_of_a_closed_order_is_owed_contested_settled_and_given_up(
    shop_with: Callable[[Mapping[str, str]], Any],
) -> None:
    async with shop_with({}) as shop:
        lost, won = [(await shop.place(f"CB-{n}")).number for n in (1, 2)]
        for number in (lost, won):
            await shop.until_status(number, "CLOSED")
            await _bank(shop, "", reference=f"{number}-F1/capture/1")
        for number in (lost, won):
            view = await shop.until(number, lambda view: view["paymentStatus"] == "CHARGED_BACK")
            assert (view["status"], view["payments"][-1]["operation"]) == ("CLOSED", "chargeback")
            assert await _balances(shop, number) == {"receivable": 1900}
        tasks = (await shop.finance.ask(TASKS))["tasks"]["nodes"]
        keys = {task["order"]: task["subject"] for task in tasks}
        assert keys.keys() == {lost, won}
        assert violations(await shop.stack.audit()) == []

        dispute = keys[won].rpartition("/")[2]
        await _bank(shop, f"/{dispute}/reversal")
        await shop.until(won, lambda view: view["paymentStatus"] == "CAPTURED")
        assert await _balances(shop, won) == {"provider_clearing": 1900}
        assert await _accept(shop, keys[lost]) == {"order": lost, "written_off": 1900}
        assert (await shop.finance.ask(TASKS))["tasks"]["nodes"] == []
        assert await _balances(shop, lost) == {"bad_debt": 1900}

        await _settle(shop)
        assert shop.stack.rows(CLEARING) == [(0,)]
        assert await _balances(shop, won) == {"bank": 1900}
        report = await shop.stack.audit()
        assert (violations(report), report["left_out"]) == ([], [])


async def _bank(shop: Shop, path: str, **asked: Any) -> None:
    await shop.tell_simulator("payment", "POST", f"/_control/chargebacks{path}", asked)


async def _balances(shop: Shop, number: str) -> dict[str, int]:
    """Of the order's account in the ledger, but for what was sold."""
    found = (await shop.finance.ask(LEDGER.format(number)))["orderAccount"]["balances"]
    sold = ("revenue", "tax")
    return {e["account"]: e["balance"]["amount"] for e in found if e["account"] not in sold}


async def _accept(shop: Shop, chargeback: str) -> Any:
    asked = ("act", "chargeback_accept", chargeback, "--reason", "lost", "--json")
    return json.loads(await _orderloom(shop, *asked))["result"]


async def _settle(shop: Shop) -> None:
    """The provider's own file."""
    key = shop.settings.simulator_keys["payment"].get_secret_value()
    answer = await shop.http.post(
        f"{shop.settings.simulator_urls['payment']}/v1/settlements",
        json={"payout": "po-1"},
        headers={"authorization": f"Bearer {key}"},
    )
    kinds = [row.partition(",")[0] for row in answer.text.splitlines()[1:]]
    assert sorted(kinds) == ["charge", "charge", "chargeback", "chargeback", "chargeback_reversal"]
    file = shop.stack.folder / "po-1.csv"
    file.write_text(answer.text)
    await _orderloom(shop, "settle", "import", str(file), "--party", "provider:http")
    open_lines = "SELECT count(*)::int FROM settlement_line WHERE resolved_at IS NULL"
    assert shop.stack.rows(open_lines) == [(0,)]


async def _orderloom(shop: Shop, *words: str) -> str:
    """From the command line."""
    home = ("--home", str(shop.stack.home.path))
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "orderloom", *words, *home), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await child.communicate()
    return output.decode()
