"""Money in the audit: what takes more than one look."""

from typing import Any

import pytest
from breaking import posted
from breaking_money import ON_CREDIT, OWED, UNCLEARED

TOLD = """
    INSERT INTO task (id, kind, subject, order_number, reason, owner, data, deadline)
    VALUES ('receivable/LATE', 'receivable', 'LATE', :canceled, '', 'finance', '{}', now())
    """
GIVEN_UP = posted("canceled", operation="P/written-off/1", bad_debt=5, receivable=-5)


@pytest.mark.parametrize("mended", [TOLD, GIVEN_UP, "UPDATE invoice SET due_on = now()"])
async def test_a_debt_that_outlasts_its_order_is_told_to_finance_written_off_or_not_due(
    shared_world: Any, mended: str
) -> None:
    statements = ["ALTER TABLE invoice DISABLE TRIGGER USER", *OWED.split(";")]
    assert set(await shared_world.violations_after(*statements)) == {"M5"}
    assert await shared_world.violations_after(*statements, *mended.split(";")) == {}


async def test_a_payment_of_an_ended_return_that_is_open_is_named(shared_world: Any) -> None:
    refund = """
        INSERT INTO payment_transaction
          (key, subject, order_number, operation, ordinal, status, amount, currency,
           fulfillment_order, provider_payment, reason, action_url, authorization_key, updated_at)
        VALUES (:rma || '/refund/1', :rma, :delivered, 'refund', 1, 'UNKNOWN', 5, 'USD', '', '',
                '', '', :delivered || '/authorize/1', now() - interval '61 seconds')
        """
    assert "M3-settled" not in await shared_world.violations_after(refund)  # it is under way
    ended = "UPDATE return_order SET status = 'COMPLETED', deadline = NULL"
    found = await shared_world.violations_after(refund, ended)
    [named] = found["M3-settled"]
    assert named == {
        "operation": f"{shared_world.rma}/refund/1", "status": "UNKNOWN", "ended": "COMPLETED",
    }  # fmt: skip


async def test_a_debt_of_ours_is_no_credit(shared_world: Any) -> None:
    found = await shared_world.violations_after(
        ON_CREDIT, *posted("canceled", bank=5, receivable=-5).split(";")
    )
    overpaid = {"order": shared_world.canceled, "account": "receivable", "balance": -5}
    assert found == {"M3-owed": [overpaid], "M5": [{**overpaid, "status": "CANCELED"}]}


async def test_goodwill_for_what_points_have_paid_is_named(shared_world: Any) -> None:
    """Of 15.00, 6.00 were paid with points, and 10.00 are given back in money."""
    given = posted("delivered", loyalty=600, bank=-600, goodwill=1000, refunds_payable=-1000)
    found = await shared_world.violations_after(*given.split(";"))
    granted = {"order": shared_world.delivered, "sold": -100, "payable": 1000}
    assert found.pop("M3-granted") == [granted]
    assert list(found) == ["L4"]  # there are no such points


async def test_what_only_another_partys_settlement_covers_is_not_missed(shared_world: Any) -> None:
    found = await shared_world.violations_after(
        *UNCLEARED.split(";"),
        "INSERT INTO settlement (kind, party, reference, currency, period_from, period_to, sha256,"
        " file, imported_at) SELECT 'channel', party, '1', 'USD', now() - interval '2 days',"
        " now() + later, party, '', now() - interval '2 hours'"
        " FROM (VALUES ('web', -interval '1 day'), ('pos', interval '1 day')) AS of(party, later)",
    )
    assert found == {}
