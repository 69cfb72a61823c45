"""Each rule is broken by hand, and that very row is named."""

from typing import Any

import breaking_flow
import breaking_money
import breaking_office
import breaking_stock
import pytest

from adapters.postgres.auditing.auditor import QUESTIONS
from adapters.postgres.auditing.fold_checks import FOLD_CHECKS

BREAKS = [
    *breaking_stock.BREAKS,
    *breaking_money.BREAKS,
    *breaking_flow.BREAKS,
    *breaking_office.BREAKS,
]
PROMISED = """
    INSERT INTO fulfillment_order (id, order_number, location) VALUES ('P', :fresh, 'BOS');
    INSERT INTO supply (kind, reference, sku, location, available_on, quantity, reserved)
    VALUES ('presale', 'P', 'TEA', 'BOS', '2026-11-30', 5, 3);
    INSERT INTO reservation
      (order_number, fulfillment_order, line, sku, location, quantity, supply, state, expires_at)
    SELECT :fresh, parcel, 1, r.sku, 'BOS', units, CASE r.sku WHEN 'TEA' THEN supply.id END,
           r.state, CASE r.state WHEN 'SOFT' THEN now() END
    FROM supply, (VALUES ('P', 'TEA', 3, 'HARD'), ('P', 'CUP', 2, 'BROKEN'),
                         (NULL, 'CUP', 4, 'SOFT')) AS r(parcel, sku, units, state)
    WHERE supply.sku = 'TEA';
    UPDATE stock SET reserved = 4 WHERE sku = 'CUP'
    """


def named(world: Any, row: dict[str, Any]) -> dict[str, Any]:
    """`row` with the names of the world in its texts."""
    return {
        key: value.format(**world.names)
        if isinstance(value, str)
        else [named(world, {"": item})[""] for item in value]
        if isinstance(value, list)
        else value
        for key, value in row.items()
    }


async def test_a_sound_world_has_no_violations(shared_world: Any) -> None:
    assert await shared_world.violations() == {}


@pytest.mark.parametrize(
    ("check", "statements", "expected"),
    BREAKS,
    ids=[f"{check}-{n}" for n, (check, _, _) in enumerate(BREAKS)],
)
async def test_what_breaks_a_rule_is_named_by_its_check_and_by_no_other(
    shared_world: Any, check: str, statements: str, expected: dict[str, Any]
) -> None:
    found = await shared_world.violations_after(*statements.split(";"))
    assert found == {check: [named(shared_world, expected)]}


async def test_promises_of_what_is_to_come_and_soft_ones_add_up(shared_world: Any) -> None:
    assert await shared_world.violations_after(*PROMISED.split(";")) == {}


def test_every_check_of_the_books_has_been_broken() -> None:
    checks = {check.id for check in (*QUESTIONS, *FOLD_CHECKS)}
    assert checks - {"O2", "O2-queue"} == {check for check, _, _ in BREAKS}
