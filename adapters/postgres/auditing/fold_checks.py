"""S4, O4, O5: what the journal and the facts of an order say, against itself and its projection."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from adapters.postgres.auditing.check import Violation
from adapters.postgres.auditing.folded import Folded
from domain.codec import Json, from_json, to_json
from domain.derived import payment_state
from domain.facts import Fact
from domain.return_waits import return_waits
from domain.returns import ReturnStatus, ReturnView
from domain.securing import committed_credit
from domain.view import OrderView, Parcel
from domain.waits import Wait, waits


@dataclass(frozen=True, slots=True)
class FoldCheck:
    """See `SqlCheck`; `judge` names what is wrong with one order and its returns."""

    id: str
    title: str
    judge: Callable[[Folded], Iterator[Violation]]


def _journal_is_a_path(folded: Folded) -> Iterator[Violation]:
    for each in (folded, *folded.returns):
        if each.trouble:
            yield {"subject": each.subject, "why": each.trouble}


def _units_add_up(folded: Folded) -> Iterator[Violation]:
    view = folded.view
    if not isinstance(view, OrderView):
        return
    for line in folded.order.lines:
        units = {
            "returned": sum(_returned(each.view, line.line) for each in folded.returns),
            "shipped": view.shipped_units(line.line),
            "picked": sum(_picked(parcel, line.line) for parcel in view.active_parcels),
            "ordered": line.quantity - view.canceled(line.line),
        }
        rising = [0, *units.values()]
        if rising != sorted(rising):
            yield {"order": folded.subject, "line": line.line, **to_json(units)}


def _picked(parcel: Parcel, line: int) -> int:
    """For the order: what was sent had been found, and what was found beyond it goes back."""
    carried = parcel.units_of(line)
    if parcel.booked:
        return carried
    return min(carried, sum(unit.quantity for unit in parcel.picked or () if unit.line == line))


def _returned(view: Any, line: int) -> int:
    dropped = (ReturnStatus.DECLINED, ReturnStatus.CANCELED, ReturnStatus.EXPIRED)
    if not isinstance(view, ReturnView) or view.status in dropped:
        return 0
    return sum(unit.quantity for unit in view.settles if unit.line == line)


def _projection_is_the_fold(folded: Folded) -> Iterator[Violation]:
    for each in (folded, *folded.returns):
        if each.view is None:
            continue
        differing = sorted(_differing(each))
        if differing:
            yield {"subject": each.subject, "differing": differing}


def _differing(folded: Folded) -> Iterator[str]:
    """The fields in which the projection is not what the journal and the facts fold to."""
    if folded.projection is None:
        yield "there is no projection"
        return
    expected, projected = _expected(folded), _projected(folded)
    yield from (name for name, value in expected.items() if projected[name] != value)


def _expected(folded: Folded) -> dict[str, Json]:
    view = folded.view
    if isinstance(view, OrderView):
        view = replace(view, facts=_folding(view.facts, folded.facts))
        waiting = waits(view, folded.process)
        more = {
            "payment_status": payment_state(view).value,
            "channel": folded.order.channel,
            "customer_ref": folded.order.customer_ref,
            "currency": folded.order.currency,
            "total": folded.order.total,
            "parcels": len(view.active_parcels),
            "committed": committed_credit(view),
        }
    else:
        assert isinstance(view, ReturnView)  # noqa: S101 - the caller leaves out what did not fold
        waiting = return_waits(view, folded.process)
        more = {}
    return {
        "view": view,
        "seq": view.seq,
        "status": view.status.value if view.status else "",
        "waits": waiting,
        "deadline": min((wait.deadline for wait in waiting), default=None),
        "queued": sum(wait.queued for wait in waiting),
        **more,
    }


def _projected(folded: Folded) -> dict[str, Json]:
    row = dict(folded.projection or {})
    row["waits"] = [from_json(Wait, wait) for wait in row["waits"]]
    row["deadline"] = row["deadline"] and datetime.fromisoformat(row["deadline"])
    if isinstance(folded.view, OrderView):
        view = from_json(OrderView, {**row["view"], "order": to_json(folded.order)})
        row["view"] = replace(view, facts=_folding(view.facts, folded.facts))
    else:
        row["view"] = from_json(ReturnView, row["view"])
    return row


def _folding(told: tuple[str, ...], facts: Iterable[Fact]) -> tuple[str, ...]:
    """Facts about payments change no projection, so it need not have heard of them."""
    about_payments = {fact.id for fact in facts if fact.kind.is_payment}
    return tuple(fact for fact in told if fact not in about_payments)


FOLD_CHECKS = (
    FoldCheck("S4", "per order line: 0 ≤ returned ≤ shipped ≤ picked ≤ ordered − canceled",
              _units_add_up),
    FoldCheck("O4", "each journal is gapless and a path in the declared graph", _journal_is_a_path),
    FoldCheck("O5", "projection = fold(journal, facts)", _projection_is_the_fold),
)  # fmt: skip
