"""Acts of finance on money that no order's process asks for."""

import strawberry

from api.graphql.context import Ask
from api.graphql.mutations import ask
from api.graphql.mutations.acts import ActPayload, act_payload
from api.graphql.resolved import mutation
from api.graphql.scalars import MinorUnits
from domain.acts import ActKind as Kind
from domain.transfers import order_number_in


@strawberry.input(description="A bank transfer that came in.")
class TransferRegisterInput:
    reference: str = strawberry.field(description="The bank's own, which is used once.")
    amount: MinorUnits = strawberry.field(description="What came in.")
    currency: str = strawberry.field(description="ISO 4217 code, such as USD.")
    idempotency_key: str = ask.key()
    order: str = strawberry.field(
        default="",
        description="The order's number, or what the customer wrote: the number is found in it, "
        "and nothing else of it is kept. Without one, the transfer becomes a task.",
    )


@strawberry.input(description="Says which order an unmatched transfer is about.")
class TransferAssignInput:
    reference: str = strawberry.field(description="The bank's.")
    order: strawberry.ID = ask.order()
    idempotency_key: str = ask.key()
    reason: str = ask.act_reason()


@strawberry.input(description="An unmatched transfer has gone back to whoever sent it.")
class TransferSendBackInput:
    reference: str = strawberry.field(description="The bank's, of what came in.")
    sent_as: str = strawberry.field(description="The bank's, of what went back; used once.")
    idempotency_key: str = ask.key()
    reason: str = ask.act_reason()


@strawberry.input(description="Nobody knows whose an unmatched transfer is.")
class TransferWriteOffInput:
    reference: str = strawberry.field(description="The bank's.")
    idempotency_key: str = ask.key()
    reason: str = ask.act_reason()


@strawberry.input(description="A transfer was registered by mistake: the wrong amount, or order.")
class TransferWithdrawInput:
    reference: str = strawberry.field(description="The bank's.")
    idempotency_key: str = ask.key()
    reason: str = ask.act_reason()
    order: strawberry.ID = strawberry.field(
        default=strawberry.ID(""),
        description="The one that it stands registered for; without, one that stands unmatched.",
    )


@strawberry.input(description="Gives money back without goods, of what an order was sold for.")
class GoodwillGrantInput:
    order: strawberry.ID = ask.order()
    amount: MinorUnits = strawberry.field(description="In minor units of the order's currency.")
    idempotency_key: str = ask.key()
    reason: str = ask.act_reason()
    store_credit: MinorUnits = strawberry.field(
        default=MinorUnits(0), description="Up to so much of it becomes store credit."
    )


@strawberry.input(description="Gives up a debt that nobody will pay.")
class ReceivableWriteOffInput:
    subject: strawberry.ID = strawberry.field(
        description="The invoice's number; the order's for what is on no invoice."
    )
    amount: MinorUnits = strawberry.field(description="No more than is owed of it now.")
    idempotency_key: str = ask.key()
    reason: str = ask.act_reason()


@strawberry.input(description="A chargeback is not contested, or was lost: what is open of it.")
class ChargebackAcceptInput:
    chargeback: strawberry.ID = strawberry.field(
        description="Its `key` among the order's `payments`; the task has it as its subject."
    )
    idempotency_key: str = ask.key()
    reason: str = ask.act_reason()


@strawberry.type
class MoneyMutations:
    @mutation("Registers a bank transfer that came in. Finance and supervisors.")
    async def transfer_register(self, info: Ask, input: TransferRegisterInput) -> ActPayload:  # noqa: A002 - the schema's word, here and below
        number = order_number_in(input.order)
        body = {"amount": input.amount, "currency": input.currency, "order": number}
        return await act_payload(info, Kind.TRANSFER_REGISTER, input.reference, input, body)

    @mutation("Assigns a transfer that stands unmatched. Finance and supervisors.")
    async def transfer_assign(self, info: Ask, input: TransferAssignInput) -> ActPayload:  # noqa: A002
        body = {"order": str(input.order)}
        return await act_payload(info, Kind.TRANSFER_ASSIGN, input.reference, input, body)

    @mutation(
        "Says that an unmatched transfer was sent back; a large one needs a second person. Finance "
        "and supervisors."
    )
    async def transfer_send_back(self, info: Ask, input: TransferSendBackInput) -> ActPayload:  # noqa: A002
        body = {"reference": input.sent_as}
        return await act_payload(info, Kind.TRANSFER_SEND_BACK, input.reference, input, body)

    @mutation(
        "Keeps an unmatched transfer that nobody asks for; a large one needs a second person. "
        "Finance and supervisors."
    )
    async def transfer_write_off(self, info: Ask, input: TransferWriteOffInput) -> ActPayload:  # noqa: A002
        return await act_payload(info, Kind.TRANSFER_WRITE_OFF, input.reference, input)

    @mutation(
        "Takes a registered transfer back, as if it had not come; its reference is free again. "
        "What the bank's statement has of it stands unmatched. Finance and supervisors."
    )
    async def transfer_withdraw(self, info: Ask, input: TransferWithdrawInput) -> ActPayload:  # noqa: A002
        body = {"order": str(input.order)}
        return await act_payload(info, Kind.TRANSFER_WITHDRAW, input.reference, input, body)

    @mutation("Gives money back without goods; over a threshold another person has to approve it.")
    async def goodwill_grant(self, info: Ask, input: GoodwillGrantInput) -> ActPayload:  # noqa: A002
        body = {"amount": input.amount, "store_credit": input.store_credit}
        return await act_payload(info, Kind.GOODWILL_GRANT, input.order, input, body)

    @mutation(
        "Writes off what a customer owes and will not pay; over a threshold another person has to "
        "approve it. Finance and supervisors."
    )
    async def receivable_write_off(self, info: Ask, input: ReceivableWriteOffInput) -> ActPayload:  # noqa: A002
        body = {"amount": input.amount}
        return await act_payload(info, Kind.RECEIVABLE_WRITE_OFF, input.subject, input, body)

    @mutation(
        "Accepts a chargeback as a loss; a large one needs a second person. Finance and "
        "supervisors."
    )
    async def chargeback_accept(self, info: Ask, input: ChargebackAcceptInput) -> ActPayload:  # noqa: A002
        return await act_payload(info, Kind.CHARGEBACK_ACCEPT, input.chargeback, input)
