"""Checks against the outside parties' journals, which know what really happened.

Our books are read before the journals: what we have, they must have. What they have and we do not
may still be on its way to us, for as long as the grace.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from adapters.postgres.auditing.auditor import Finding
from adapters.postgres.auditing.books import Books
from adapters.postgres.auditing.check import Violation
from domain.payments import Unasked, unasked_key
from orderloom.audit.journals import Journals, Line, at


@dataclass(frozen=True, slots=True)
class Comparison:
    books: Books
    journals: Journals
    grace_seconds: float

    def settled(self, line: Line) -> bool:
        """Whether we should have heard of it by now."""
        return at(line) < self.books.at - timedelta(seconds=self.grace_seconds)


@dataclass(frozen=True, slots=True)
class OutsideCheck:
    """`party` is whose journal is needed."""

    id: str
    title: str
    party: str
    compare: Callable[[Comparison], Iterator[Violation]]

    def find(self, comparison: Comparison) -> Finding:
        return Finding(self.id, self.title, list(self.compare(comparison)))


def _shipped_units(both: Comparison) -> Iterator[Violation]:
    theirs: Counter[tuple[str, int]] = Counter()
    fresh = set()
    for line in both.journals.of("warehouse", "shipped"):
        if not both.settled(line):
            fresh.add(line["reference"])
        for package in line["packages"]:
            for unit in package["lines"]:
                theirs[line["reference"], unit["line"]] += unit["quantity"]
    for parcel, number in sorted(theirs.keys() | both.books.shipped.keys()):
        here, there = both.books.shipped.get((parcel, number), 0), theirs[parcel, number]
        on_its_way = here == 0 and parcel in fresh
        if here != there and not on_its_way:
            yield {"parcel": parcel, "line": number, "ours": here, "warehouse": there}


_MOVES = ("capture", "refund", *Unasked)


def _name(line: Line) -> str:
    """As our books call what the provider did: nobody asks it for what a bank takes or gives."""
    if line["kind"] in tuple(Unasked):
        return unasked_key(line["reference"], Unasked(line["kind"]), line.get("dispute", ""))
    return str(line["reference"])


def _moves(both: Comparison) -> dict[str, Line]:
    """By name. A refund that had failed before we heard that it had succeeded moved nothing, to
    either side.
    """
    lines = both.journals.of("payment", *_MOVES)
    theirs = {_name(line): line for line in lines if line["status"] == "succeeded"}
    for failure in both.journals.of("payment", Unasked.REFUND_FAILURE):
        refund = failure["reference"]
        ours = both.books.payments.get(refund)
        if ours is not None and ours.status == "FAILED":
            del theirs[_name(failure)], theirs[refund]
    return theirs


def _money_moved(both: Comparison) -> Iterator[Violation]:
    theirs = _moves(both)
    for key, line in sorted(theirs.items()):
        ours = both.books.payments.get(key)
        if ours is not None and (ours.status, ours.amount) == ("SUCCEEDED", line["amount"]):
            continue
        under_way = ours is not None and ours.status not in ("SUCCEEDED", "FAILED")
        if both.settled(line) or not under_way:
            says = f"{ours.status} {ours.amount}" if ours else "nothing"
            yield {"operation": key, "ours": says, "provider": f"succeeded {line['amount']}"}
    for key, ours in sorted(both.books.payments.items()):
        moves = ours.operation in _MOVES and ours.status == "SUCCEEDED"
        if moves and key not in theirs:
            yield {"operation": key, "ours": f"SUCCEEDED {ours.amount}", "provider": "nothing"}


def _one_effect_each(both: Comparison) -> Iterator[Violation]:
    effects: dict[str, list[str]] = defaultdict(list)
    failures = both.journals.of("payment", Unasked.REFUND_FAILURE)
    failed = {failure["operation"] for failure in failures}  # what failed after all is no effect
    for line in both.journals.of("payment", "authorize", "challenge", "void", *_MOVES):
        undone = line["kind"] == "refund" and line.get("operation") in failed
        if line["status"] in ("authorized", "succeeded") and not undone:
            ours = both.books.payments.get(_name(line))
            kind = "authorize" if line["kind"] == "challenge" else line["kind"]
            effect = ours.effect if ours else f"{kind} of {_name(line)}"
            effects[effect].append(line.get("key") or _name(line))
    for effect, keys in sorted(effects.items()):
        if len(keys) > 1:
            yield {"operation": effect, "effects": len(keys), "keys": keys}


def _acknowledged_orders(both: Comparison) -> Iterator[Violation]:
    for line in both.journals.of("channel", "acknowledged"):
        number = both.books.orders.get((line["channel"], line["order"]))
        if number != line["number"]:
            yield {
                "message": line["message"],
                "channel_order": line["order"],
                "acknowledged": line["number"],
                "ours": number,
            }


OUTSIDE_CHECKS = (
    OutsideCheck("S5", "shipped units in the warehouse's journal = shipped units in ours",
                 "warehouse", _shipped_units),
    OutsideCheck("M2-outside", "money moved in the provider's journal = money moved in our books",
                 "payment", _money_moved),
    OutsideCheck("M4", "the provider's journal has at most one effect per business operation",
                 "payment", _one_effect_each),
    OutsideCheck("O1-outside", "every message acknowledged to a channel has exactly one order",
                 "channel", _acknowledged_orders),
)  # fmt: skip
