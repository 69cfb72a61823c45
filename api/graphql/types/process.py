"""What an order is doing now, as its own workflow tells it."""

from datetime import datetime

import strawberry

from ports.desk import LiveParcel, LiveProcess, LiveWait


@strawberry.type(description="Something that the order waits for.")
class Wait:
    key: str = strawberry.field(description="Names the wait, as `parcel/<number>/ship`.")
    reason: str = strawberry.field(description="What has to happen, in words.")
    owner: str = strawberry.field(
        description="Who can end it: customer, warehouse, carrier, or a staff role."
    )
    since: datetime = strawberry.field(description="When the wait began.")
    deadline: datetime = strawberry.field(description="When it is escalated or given up.")
    queued: bool = strawberry.field(description="Whether it stands in a queue of staff.")
    level: int = strawberry.field(description="How often it has been escalated.")


@strawberry.type(description="A stage that a parcel has reached.")
class Stage:
    stage: str = strawberry.field(description="In lower case, as `packed`.")
    at: datetime = strawberry.field(description="When it was reached.")


@strawberry.type(description="A fulfillment order and the shipment that it becomes.")
class ParcelProgress:
    fulfillment_order: str = strawberry.field(description="Its number, `<order>-F<n>`.")
    location: str = strawberry.field(description="Where it is sent from.")
    status: str = strawberry.field(description="The furthest stage reached, as `PACKED`.")
    units: int = strawberry.field(description="Units that it carries.")
    tracking_numbers: list[str] = strawberry.field(description="The carrier's numbers.")
    stages: list[Stage] = strawberry.field(description="Stages reached, by time.")
    trouble: str = strawberry.field(
        description="The problem that the carrier or warehouse reports; empty when there is none."
    )


@strawberry.type(description="What an order is doing, what it waits for, and what is possible.")
class OrderProcess:
    status: str = strawberry.field(description="The order's status, as `PROCESSING`.")
    payment_status: str = strawberry.field(
        description="Of authorizing and capturing; what was refunded stands in `returns`."
    )
    doing: str = strawberry.field(description="One sentence.")
    waits: list[Wait] = strawberry.field(description="Earliest deadline first.")
    parcels: list[ParcelProgress] = strawberry.field(description="Every parcel, also given up.")
    possible: list[str] = strawberry.field(description="Commands that the state allows now.")
    seq: int = strawberry.field(description="The last journal entry that this answer knows.")
    live: bool = strawberry.field(
        description="True when the workflow itself answered within the last second; false when it "
        "did not answer in time, or has ended long ago, and this is what was last known."
    )


def order_process(process: LiveProcess) -> OrderProcess:
    return OrderProcess(
        status=process.status,
        payment_status=process.payment_status,
        doing=process.doing,
        waits=[_wait(each) for each in process.waits],
        parcels=[_parcel(each) for each in process.parcels],
        possible=list(process.possible),
        seq=process.seq,
        live=process.live,
    )


def _wait(wait: LiveWait) -> Wait:
    return Wait(
        key=wait.key,
        reason=wait.reason,
        owner=wait.owner,
        since=wait.since,
        deadline=wait.deadline,
        queued=wait.queued,
        level=wait.level,
    )


def _parcel(parcel: LiveParcel) -> ParcelProgress:
    by_time = sorted(parcel.at.items(), key=lambda reached: reached[1])
    return ParcelProgress(
        fulfillment_order=parcel.fulfillment_order,
        location=parcel.location,
        status=parcel.status,
        units=parcel.units,
        tracking_numbers=list(parcel.tracking_numbers),
        stages=[Stage(stage=stage, at=at) for stage, at in by_time],
        trouble=parcel.trouble,
    )
