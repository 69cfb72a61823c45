"""Acts of finance on lines of settlements: confirm, assign by hand, write off, give up."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.four_eyes import count_money
from adapters.postgres.keys import row_number
from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.open_items import find_item
from adapters.postgres.settlement_lines import POLICY, claim_of, keep_apart, lines_of
from adapters.postgres.settlement_tasks import close_ended
from domain.acts import Act, ActKind
from domain.codec import Json
from domain.errors import NotFound, StepRefused
from domain.ledger import Posting
from domain.matching import Claim
from domain.money import Money
from domain.settlement import (
    Item,
    PartyKind,
    Verdict,
    book_alone,
    give_up,
    received,
    settle,
    settling,
)
from domain.settlement_acts import Assign, WriteOff

_LINE = lines_of("line.id = :id FOR UPDATE OF line")
_RESOLVE = text(
    """
    UPDATE settlement_line
    SET verdict = :verdict, item = :item, resolved_by = :by, resolved_at = clock_timestamp()
    WHERE id = :id
    """
)
_DONE = text("SELECT EXISTS (SELECT FROM ledger_transaction WHERE operation = :operation)")


async def confirm(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """Refuses (`StepRefused`) a line without a proposal, and (`LimitExceeded`) one that differs."""
    kind, claim, proposed = await _lock(connection, act.subject, Verdict.PROPOSED)
    item = await _open_item(connection, kind, proposed)
    postings = settle(item, claim.line, claim.currency, POLICY)
    return await _resolve(connection, act, claim, item, postings)


async def assign(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """Refuses (`NotFound`, `StepRefused`) an item that is not open, and (`LimitExceeded`) one of
    another amount. What a line in another currency was before, it may not say: then a person does.
    """
    wanted: Assign = act.wanted
    kind, claim, _ = await _lock(connection, act.subject)
    item = await _open_item(connection, kind, wanted.item)
    amount, told = received(claim.line, claim.currency, item)
    unknown = told != item.currency
    if unknown:
        await count_money(
            connection,
            act,
            Money(item.amount, item.currency),
            f"it settles {{}} with {Money(amount, told)}, and the line does not say what that was "
            "before it was exchanged",
        )
    postings = settle(item, claim.line, claim.currency, POLICY, write_off=unknown)
    return await _resolve(connection, act, claim, item, postings)


async def write_off(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """The difference to an item, or the whole line where it belongs to none."""
    wanted: WriteOff = act.wanted
    kind, claim, _ = await _lock(connection, act.subject)
    if not wanted.item:
        lost = max(abs(claim.line.gross), abs(claim.line.fee))
        await count_money(connection, act, Money(lost, claim.currency))
        posting = book_alone(claim.line, claim.currency, f"line/{claim.id}")
        return await _resolve(connection, act, claim, None, (posting,))
    item = await _open_item(connection, kind, wanted.item)
    amount, told = received(claim.line, claim.currency, item)
    lost = item.amount - amount if told == item.currency else item.amount
    await count_money(connection, act, Money(lost, item.currency))
    postings = settle(item, claim.line, claim.currency, POLICY, write_off=True)
    return await _resolve(connection, act, claim, item, postings)


async def give_up_item(connection: AsyncConnection, act: Act) -> dict[str, Json]:
    """An open item that no settlement will bring."""
    await keep_apart(connection)
    found = [await find_item(connection, kind, act.subject) for kind in PartyKind]
    item = next((each for each in found if each is not None), None)
    if item is None:
        raise NotFound(f"there is no open item {act.subject}")
    await _check_open(connection, item)
    await count_money(connection, act, Money(item.amount, item.currency))
    await PostgresLedger(connection).post(give_up(item))
    await close_ended(connection, act.by.name)
    return {"item": item.operation, "written_off": item.amount}


async def _lock(
    connection: AsyncConnection, subject: str, wanted: Verdict | None = None
) -> tuple[PartyKind, Claim, str]:
    """Its kind of party, the line, and the item that was found for it so far."""
    await keep_apart(connection)
    row = (await connection.execute(_LINE, {"id": row_number(subject)})).one_or_none()
    if row is None:
        raise NotFound(f"there is no settlement line {subject}")
    if row.resolved_at is not None:
        raise StepRefused(f"line {subject} is {row.verdict} already, by {row.resolved_by}")
    if wanted and row.verdict != wanted:
        raise StepRefused(f"line {subject} is {row.verdict}: there is no proposal to confirm")
    return PartyKind(row.party_kind), claim_of(row), row.item


async def _open_item(connection: AsyncConnection, kind: PartyKind, operation: str) -> Item:
    item = await find_item(connection, kind, operation)
    if item is None:
        raise NotFound(f"there is no open item {operation} for a {kind}")
    await _check_open(connection, item)
    return item


async def _check_open(connection: AsyncConnection, item: Item) -> None:
    if await connection.scalar(_DONE, {"operation": settling(item.operation)}):
        raise StepRefused(f"{item.operation} is settled already")


async def _resolve(
    connection: AsyncConnection,
    act: Act,
    claim: Claim,
    item: Item | None,
    postings: tuple[Posting, ...],
) -> dict[str, Json]:
    """By hand an item may go to another line than the one it was proposed to."""
    off = act.kind is ActKind.SETTLEMENT_WRITE_OFF
    verdict = Verdict.WRITTEN_OFF if off else Verdict.MATCHED
    values = {
        "id": claim.id,
        "verdict": verdict.value,
        "item": item.operation if item else "",
        "by": act.by.name,
    }
    await connection.execute(_RESOLVE, values)
    await PostgresLedger(connection).post(*postings)
    await close_ended(connection, act.by.name)
    return {"line": str(claim.id), "verdict": verdict.value, "item": values["item"]}
