"""Queries of settlements, for finance, supervisors and developers."""

from datetime import date
from typing import Annotated

import strawberry

from api.graphql.context import Ask
from api.graphql.errors import Refused
from api.graphql.paging import PAGE_DEFAULT, After, First, one_of, page_size
from api.graphql.resolved import resolved
from api.graphql.types.settlements import (
    SettlementDay,
    SettlementLineConnection,
    settlement_day,
    settlement_line_connection,
)
from domain.errors import Refusal
from domain.settlement import Verdict

VERDICTS = tuple(verdict.value for verdict in Verdict)


@strawberry.type
class SettlementQueries:
    @resolved(
        "What is matched, differing, proposed, unmatched and written off, by day and party. For "
        "finance, supervisors and developers."
    )
    async def settlement_report(
        self,
        info: Ask,
        since: Annotated[
            date | None, strawberry.argument(description="The first day; all, when absent.")
        ] = None,
        until: Annotated[
            date | None, strawberry.argument(description="The last day; all, when absent.")
        ] = None,
    ) -> list[SettlementDay]:
        context = info.context
        try:
            found = await context.books.settlements.report(context.principal, since, until)
        except Refusal as refusal:
            raise Refused(refusal) from refusal
        return [settlement_day(each) for each in found]

    @resolved("Lines of settlements, oldest first. For finance, supervisors and developers.")
    async def settlement_lines(
        self,
        info: Ask,
        verdict: Annotated[
            str, strawberry.argument(description="As `DIFFERING`; empty for all.")
        ] = "",
        first: First = PAGE_DEFAULT,
        after: After = None,
    ) -> SettlementLineConnection:
        context = info.context
        try:
            verdict = one_of(VERDICTS, "verdict", verdict.upper())
            page = await context.books.settlements.lines(
                context.principal, verdict, page_size(first), after
            )
        except Refusal as refusal:
            raise Refused(refusal) from refusal
        return settlement_line_connection(page)
