"""Acts of staff outside the process of an order, and the second person that some of them need."""

from collections.abc import Mapping
from typing import Any

import strawberry

from api.acts import act
from api.graphql.context import Ask
from api.graphql.mutations import ask
from api.graphql.mutations.answers import UserError, errors_of
from api.graphql.resolved import mutation
from api.graphql.scalars import Json
from domain.acts import ActKind as Kind
from domain.codec import Json as Plain
from ports.back_office import ActAnswer

NOTHING_MORE: Mapping[str, Plain] = {}


@strawberry.input(description="Decides an act that waits for a second person.")
class ApprovalInput:
    approval: strawberry.ID = strawberry.field(description="As `approvals` names it.")
    idempotency_key: str = ask.key()
    reason: str = strawberry.field(
        default="", description="Why; to decline needs one. No personal data."
    )


@strawberry.input(description="Closes a task of the ops queue that nothing else ends.")
class TaskCloseInput:
    task: strawberry.ID = strawberry.field(description="As `tasks` names it.")
    idempotency_key: str = ask.key()
    reason: str = strawberry.field(description="What was done about it. No personal data.")


@strawberry.type(description="The outcome of an act.")
class ActPayload:
    result: Json | None = strawberry.field(
        description="What the act says of itself; null when nothing was done."
    )
    approval: strawberry.ID | None = strawberry.field(
        description="Set when another person has to approve it: until then nothing has happened."
    )
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.type
class ActMutations:
    @mutation("Does an act that another person has asked for. Who may, the act's kind says.")
    async def approval_approve(self, info: Ask, input: ApprovalInput) -> ActPayload:  # noqa: A002 - the schema's word, here and below
        return await act_payload(info, Kind.APPROVAL_APPROVE, input.approval, input)

    @mutation("Declines an act that another person has asked for, or takes one's own back.")
    async def approval_decline(self, info: Ask, input: ApprovalInput) -> ActPayload:  # noqa: A002
        return await act_payload(info, Kind.APPROVAL_DECLINE, input.approval, input)

    @mutation("Closes a task. Staff.")
    async def task_close(self, info: Ask, input: TaskCloseInput) -> ActPayload:  # noqa: A002
        return await act_payload(info, Kind.TASK_CLOSE, input.task, input)


async def act_payload(
    info: Ask, kind: Kind, subject: str, wanted: Any, body: Mapping[str, Plain] = NOTHING_MORE
) -> ActPayload:
    """What every mutation that is an act answers. `wanted` is its input, which has the key and, of
    most acts, a reason; `body` is what `domain.acts` has the act ask for.
    """
    context, done = info.context, list[ActAnswer]()
    key, reason = wanted.idempotency_key, getattr(wanted, "reason", "")

    async def deed() -> None:
        office, principal = context.books.office, context.principal
        done.append(await act(office, principal, key, kind, subject, body, reason))

    errors = await errors_of(deed)
    answer = done[0] if done else ActAnswer({})
    return ActPayload(
        result=Json(answer.result) if done and not answer.approval else None,
        approval=strawberry.ID(answer.approval) if answer.approval else None,
        user_errors=errors,
    )
