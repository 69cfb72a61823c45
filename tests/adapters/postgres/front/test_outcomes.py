"""One outcome a command, one audit row a person's act, one chain of audit rows."""

import asyncio
from typing import Any

import pytest

from adapters.postgres.outcomes import FIRST_HASH, Trace, append_audit, chain, settle
from domain.commands import CommandKind
from domain.errors import NotFound, StepRefused


async def accept(shop: Any, key: str = "k", principal: Any = None) -> str:
    order = (await shop.place()).number
    by = principal or shop.agent
    return (await shop.commands.accept(by, key, CommandKind.CANCEL, order, {})).command.id


async def decide(shop: Any, command: str, refusal: tuple[str, str] | None = None) -> None:
    async with shop.engine.begin() as connection:
        await settle(connection, command, refusal=refusal, result={"n": 1})


async def test_an_outcome_comes_with_exactly_one_audit_row(shop: Any) -> None:
    command = await accept(shop)
    await decide(shop, command)
    await decide(shop, command)
    assert await shop.rows("SELECT status, outcome FROM command WHERE key = 'k'") == [
        ("DONE", {"result": {"n": 1}})
    ]
    assert await shop.rows("SELECT id, principal, act, command, outcome FROM audit") == [
        (1, "ana", "cancel", command, "DONE")
    ]


async def test_a_refusal_is_an_outcome_with_an_audit_row(shop: Any) -> None:
    command = await accept(shop)
    await decide(shop, command, refusal=("STEP_REFUSED", "no"))
    assert await shop.rows("SELECT status, outcome FROM command WHERE key = 'k'") == [
        ("REFUSED", {"refusal": ["STEP_REFUSED", "no"]})
    ]
    assert await shop.rows("SELECT outcome FROM audit") == [("REFUSED",)]


async def test_what_a_machine_did_is_no_act_of_a_person(shop: Any) -> None:
    await decide(shop, await accept(shop, principal=shop.web))
    assert await shop.count("audit") == 0


async def test_what_a_customer_did_is_audited(shop: Any) -> None:
    order = (await shop.place()).number
    await decide(shop, await accept(shop, principal=shop.customer(order)))
    assert await shop.rows("SELECT principal FROM audit") == [(f"customer:{order}",)]


async def test_an_effect_of_a_refused_command_is_refused_and_rolls_back(shop: Any) -> None:
    command = await accept(shop)
    await decide(shop, command, refusal=("STEP_REFUSED", "no"))
    with pytest.raises(StepRefused, match="refused before"):
        await decide(shop, command)
    assert await shop.rows("SELECT status FROM command WHERE key = 'k'") == [("REFUSED",)]


async def test_a_refusal_after_the_effect_changes_nothing(shop: Any) -> None:
    command = await accept(shop)
    await decide(shop, command)
    await decide(shop, command, refusal=("STEP_REFUSED", "no"))
    assert await shop.rows("SELECT status FROM command WHERE key = 'k'") == [("DONE",)]
    assert await shop.count("audit") == 1


async def test_a_command_that_nobody_gave_has_no_outcome(shop: Any) -> None:
    with pytest.raises(NotFound):
        await decide(shop, "cmd_unknown")


async def test_twenty_acts_at_once_make_one_unbroken_chain(shop: Any) -> None:
    async def act(n: int) -> None:
        async with shop.engine.begin() as connection:
            await append_audit(connection, Trace("ana", "cancel", "O", "why", f"c{n}", "DONE"))

    await asyncio.gather(*(act(n) for n in range(20)))
    rows = await shop.rows(
        "SELECT id, at, principal, act, subject, reason, command, outcome, hash"
        " FROM audit ORDER BY id"
    )
    before = FIRST_HASH
    for place, (number, at, *fields, written) in enumerate(rows, start=1):
        assert number == place
        assert written == chain(before, number, at, Trace(*fields))
        before = written
