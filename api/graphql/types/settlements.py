"""Settlements in GraphQL: the report by day, and lines with what became of each."""

from datetime import date, datetime
from typing import cast

import strawberry

from api.graphql.types.money import Money, money
from api.graphql.types.pages import PageInfo, page_info
from ports.reads import Page
from ports.settlements import DayReport, LineRead


@strawberry.type(description="Lines of one verdict on one day, of one party in one currency.")
class SettlementDay:
    day: date = strawberry.field(description="In UTC.")
    kind: str = strawberry.field(description="provider, carrier, channel or bank.")
    party: str = strawberry.field(description="Whose settlements they are.")
    verdict: str = strawberry.field(
        description="MATCHED, DIFFERING, PROPOSED, UNMATCHED or WRITTEN_OFF."
    )
    lines: int = strawberry.field(description="How many.")
    gross: Money = strawberry.field(description="What they add up to, before fees.")
    fee: Money = strawberry.field(description="What the party keeps of it.")


@strawberry.type(description="One line of a settlement, and what became of it.")
class SettlementLine:
    id: strawberry.ID = strawberry.field(description="What the acts on it name.")
    kind: str = strawberry.field(description="provider, carrier, channel or bank.")
    party: str = strawberry.field(description="Whose settlement it is.")
    settlement: str = strawberry.field(description="The party's own name for the payout.")
    line: int = strawberry.field(description="In its file.")
    line_kind: str = strawberry.field(description="As `charge`, `refund` or `fee`.")
    reference: str = strawberry.field(description="As the party wrote it.")
    gross: Money = strawberry.field(description="Positive for us.")
    fee: Money = strawberry.field(description="What the party keeps of it.")
    occurred_at: datetime = strawberry.field(description="By the party.")
    verdict: str = strawberry.field(
        description="MATCHED, DIFFERING, PROPOSED, UNMATCHED or WRITTEN_OFF."
    )
    item: str = strawberry.field(
        description="The open item that it settles, or may settle: an operation of the ledger."
    )
    due: Money | None = strawberry.field(description="What that item is.")
    reasons: list[str] = strawberry.field(description="The evidence.")
    score: int = strawberry.field(description="Of a proposal: points of evidence.")
    resolved_by: str = strawberry.field(
        description="`matching`, or the person; empty while it is open."
    )


@strawberry.type(description="A line and its place in the list.")
class SettlementLineEdge:
    node: SettlementLine = strawberry.field(description="The line.")
    cursor: str = strawberry.field(description="Pass it as `after` to go on behind this one.")


@strawberry.type(description="A page of lines, oldest first.")
class SettlementLineConnection:
    edges: list[SettlementLineEdge] = strawberry.field(description="The lines with their cursors.")
    nodes: list[SettlementLine] = strawberry.field(description="The lines alone.")
    page_info: PageInfo = strawberry.field(description="Whether there is more.")


def settlement_day(read: DayReport) -> SettlementDay:
    return SettlementDay(
        day=read.day,
        kind=read.kind,
        party=read.party,
        verdict=read.verdict,
        lines=read.lines,
        gross=money(read.gross, read.currency),
        fee=money(read.fee, read.currency),
    )


def settlement_line_connection(page: Page) -> SettlementLineConnection:
    nodes = [_line(read) for read in cast("list[LineRead]", page.items)]
    edges = [
        SettlementLineEdge(node=node, cursor=cursor)
        for node, cursor in zip(nodes, page.cursors, strict=True)
    ]
    return SettlementLineConnection(edges=edges, nodes=nodes, page_info=page_info(page))


def _line(read: LineRead) -> SettlementLine:
    return SettlementLine(
        id=strawberry.ID(read.id),
        kind=read.kind,
        party=read.party,
        settlement=read.settlement,
        line=read.line,
        line_kind=read.line_kind,
        reference=read.reference,
        gross=money(read.gross, read.currency),
        fee=money(read.fee, read.currency),
        occurred_at=read.occurred_at,
        verdict=read.verdict,
        item=read.item,
        due=None if read.due is None else money(read.due, read.due_currency),
        reasons=read.reasons,
        score=read.score,
        resolved_by=read.resolved_by,
    )
