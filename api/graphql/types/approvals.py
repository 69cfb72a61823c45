"""Acts under four eyes: asked for by one person, decided by another."""

from datetime import datetime
from typing import cast

import strawberry

from api.graphql.scalars import Json
from api.graphql.types.pages import PageInfo, page_info
from ports.back_office import ApprovalRead
from ports.reads import Page


@strawberry.type(description="An act that waits for a second person, or waited.")
class Approval:
    id: strawberry.ID = strawberry.field(description="Names it in `approvalApprove`.")
    act: str = strawberry.field(description="What is to be done, as `stock_adjust`.")
    subject: str = strawberry.field(description="To what.")
    body: Json = strawberry.field(description="What was asked for, field by field.")
    reason: str = strawberry.field(description="Why it was asked for.")
    why: str = strawberry.field(description="What made it need a second person.")
    asked_by: str = strawberry.field(description="Who asked.")
    asked_at: datetime = strawberry.field(description="When.")
    deadline: datetime = strawberry.field(
        description="Until when it may be decided; then it expires, and may be asked for again."
    )
    status: str = strawberry.field(description="PENDING, APPROVED, DECLINED or EXPIRED.")
    decided_by: str = strawberry.field(
        description="Who decided; empty while it is pending, `system` when it expired."
    )
    decided_at: datetime | None = strawberry.field(description="When.")


@strawberry.type(description="A page of approvals, oldest first.")
class ApprovalConnection:
    nodes: list[Approval] = strawberry.field(description="The approvals.")
    page_info: PageInfo = strawberry.field(description="Whether there is more.")


def approval_connection(page: Page) -> ApprovalConnection:
    nodes = [_approval(read) for read in cast("list[ApprovalRead]", page.items)]
    return ApprovalConnection(nodes=nodes, page_info=page_info(page))


def _approval(read: ApprovalRead) -> Approval:
    return Approval(
        id=strawberry.ID(read.id),
        act=read.act,
        subject=read.subject,
        body=Json(read.body),
        reason=read.reason,
        why=read.why,
        asked_by=read.asked_by,
        asked_at=read.asked_at,
        deadline=read.deadline,
        status=read.status,
        decided_by=read.decided_by,
        decided_at=read.decided_at,
    )
