"""The why-timeline: every decision with what it was based on, every fact as it was told."""

from datetime import datetime

import strawberry

from api.graphql.scalars import Json
from ports.reads import TimelineEntry as Read


@strawberry.type(description="One journal entry of ours, or one fact from outside.")
class TimelineEntry:
    at: datetime = strawberry.field(description="When it happened.")
    source: str = strawberry.field(description="journal, payment, warehouse or carrier.")
    kind: str = strawberry.field(description="As `Sourced` or `fulfillment.packed`.")
    by: str = strawberry.field(description="Who did it: a name, or `system`.")
    subject: str = strawberry.field(description="The order, return, parcel or payment.")
    data: Json = strawberry.field(
        description="Its content; of a decision its inputs, rule version, candidates and reasons."
    )
    seq: int | None = strawberry.field(description="Of a journal entry: 1, 2, 3 without gaps.")


def timeline_entry(read: Read) -> TimelineEntry:
    return TimelineEntry(
        at=read.at,
        source=read.source,
        kind=read.kind,
        by=read.by,
        subject=read.subject,
        data=Json(read.data),
        seq=read.seq,
    )
