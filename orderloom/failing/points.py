"""Every failpoint: which method of which port it stands before or after, by process.

`after_commit` and `after_effect` come before the caller hears of it: before the acknowledgement.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from temporalio import activity

from domain.access import Principal
from domain.acts import ActKind
from domain.commands import CommandKind
from ports.front_office import OrderRequest
from ports.outside import PaymentRequest

BEFORE_ACKNOWLEDGE = "worker.activity.before_acknowledge"  # done, and not reported to the engine


def _any_occasion(*_: Any) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Around:
    """Points before and after a method, empty for none; `occasion` is made of its arguments."""

    before: str = ""
    after: str = ""
    occasion: Callable[..., str] = _any_occasion


Points = Mapping[str, Around]  # by method


# What the activity that runs now is about, as told by the interceptor.
ABOUT: ContextVar[str] = ContextVar("about", default="")


def activity_name(*_: Any) -> str:
    """The activity that runs now, as `order.source`; with what it is about where it has several
    uses, as `payment.perform.capture`, `return.command.return_inspect`, `order.record.Delivered`.
    """
    return f"{activity.info().activity_type}{ABOUT.get()}"


def _operation(request: PaymentRequest) -> str:
    return request.operation.value


def _source(source: str, *_: Any) -> str:
    return source


def _command(_principal: Principal, _key: str, kind: CommandKind | ActKind, *_: Any) -> str:
    return kind.value


def _paid_with(_principal: Principal, _key: str, request: OrderRequest) -> str:
    return "points" if request.points else request.payment_method.value


WORKER_DATABASE = {
    "run": Around("worker.database.before_effect", "worker.database.after_commit", activity_name)
}
WORKER_PAYMENT = {
    "perform": Around("worker.payment.before_effect", "worker.payment.after_effect", _operation)
}
WORKER_WAREHOUSE = {
    "submit": Around("worker.warehouse.before_effect", "worker.warehouse.after_effect")
}
WORKER_SETTLEMENTS = {
    "take_in": Around("worker.take_in.before_effect", "worker.take_in.after_commit"),
    "match_open": Around("worker.match.before_effect", "worker.match.after_commit"),
}
API_INTAKE = {"place": Around("api.intake.before_effect", "api.intake.after_commit", _paid_with)}
API_WEBHOOKS = {"store": Around("api.webhook.before_effect", "api.webhook.after_commit", _source)}
API_COMMANDS = {"accept": Around("api.command.before_effect", "api.command.after_commit", _command)}
API_OFFICE = {"act": Around("api.act.before_effect", "api.act.after_commit", _command)}
API_DESK = {
    "start_order": Around("api.start.before_effect"),
    "tell": Around("api.tell.before_effect"),
}
RELAY_DESK = {
    "start_order": Around("relay.start.before_effect", "relay.start.after_effect"),
    "tell": Around("relay.tell.before_effect", "relay.tell.after_effect"),
}
RELAY_OUTBOX = {"delivered": Around("relay.outbox.before_acknowledge")}

_TABLES: tuple[Points, ...] = (
    WORKER_DATABASE,
    WORKER_PAYMENT,
    WORKER_WAREHOUSE,
    WORKER_SETTLEMENTS,
    API_INTAKE,
    API_WEBHOOKS,
    API_COMMANDS,
    API_OFFICE,
    API_DESK,
    RELAY_DESK,
    RELAY_OUTBOX,
)
_AROUNDS = [around for table in _TABLES for around in table.values()]
NAMES = frozenset(
    {BEFORE_ACKNOWLEDGE, *(name for each in _AROUNDS for name in (each.before, each.after) if name)}
)
