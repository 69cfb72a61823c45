"""Acts of finance on lines of settlements that were not matched by themselves."""

from typing import Any

import strawberry

from api.graphql.context import Ask
from api.graphql.mutations import ask
from api.graphql.mutations.acts import ActPayload, act_payload
from api.graphql.resolved import mutation
from domain.acts import ActKind as Kind


def _line() -> Any:
    return strawberry.field(description="As `settlementLines` names it.")


@strawberry.input(description="The item that is proposed for a line is its item.")
class SettlementConfirmInput:
    line: strawberry.ID = _line()
    idempotency_key: str = ask.key()
    reason: str = ask.note()


@strawberry.input(description="A line settles an open item of the same amount.")
class SettlementAssignInput:
    line: strawberry.ID = _line()
    item: str = strawberry.field(description="The operation that put it into its account.")
    idempotency_key: str = ask.key()
    reason: str = ask.note()


@strawberry.input(description="A line's difference to an open item is given up, or the whole line.")
class SettlementWriteOffInput:
    line: strawberry.ID = _line()
    item: str = strawberry.field(
        default="", description="The item that it settles nevertheless; empty: the whole line."
    )
    idempotency_key: str = ask.key()
    reason: str = ask.act_reason()


@strawberry.input(description="Nothing will come for an open item.")
class SettlementGiveUpInput:
    item: strawberry.ID = strawberry.field(description="The operation of the ledger.")
    idempotency_key: str = ask.key()
    reason: str = ask.act_reason()


@strawberry.type
class SettlementMutations:
    @mutation("Confirms a proposal. Finance and supervisors.")
    async def settlement_confirm(self, info: Ask, input: SettlementConfirmInput) -> ActPayload:  # noqa: A002 - the schema's word, here and below
        return await act_payload(info, Kind.SETTLEMENT_CONFIRM, input.line, input)

    @mutation(
        "Assigns a line by hand; a large one in another currency that does not say what it was "
        "before needs a second person. Finance and supervisors."
    )
    async def settlement_assign(self, info: Ask, input: SettlementAssignInput) -> ActPayload:  # noqa: A002
        body = {"item": input.item}
        return await act_payload(info, Kind.SETTLEMENT_ASSIGN, input.line, input, body)

    @mutation("Writes a difference off; a large one needs a second person. As `settlementAssign`.")
    async def settlement_write_off(self, info: Ask, input: SettlementWriteOffInput) -> ActPayload:  # noqa: A002
        body = {"item": input.item}
        return await act_payload(info, Kind.SETTLEMENT_WRITE_OFF, input.line, input, body)

    @mutation("Gives an open item up; a large one needs a second person. As `settlementAssign`.")
    async def settlement_give_up(self, info: Ask, input: SettlementGiveUpInput) -> ActPayload:  # noqa: A002
        return await act_payload(info, Kind.SETTLEMENT_GIVE_UP, input.item, input)
