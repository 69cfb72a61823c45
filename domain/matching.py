"""Matching the lines of settlements with open items: pure, and every line ends in one class.

First what has the same reference and amount, then what has the same reference, then evidence. An
item is taken by one line at most.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from domain.settlement import Item, Line, LineKind, Policy, Verdict, received

PROPOSE_FROM = 60  # points of evidence
NEAR_DAYS = 3
ALIKE = 0.8  # of two references, as difflib measures it
CANDIDATES_MAX = 50  # items that one line is compared with
_AMOUNT, _NAMED, _REFERENCE, _SAME_DAY, _PER_DAY = 50, 40, 30, 30, 10
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Claim:
    """A line of a settlement in `currency`, by a `party`; `id` is unique among all lines."""

    id: int
    party: str
    currency: str
    line: Line


@dataclass(frozen=True, slots=True)
class Match:
    """`reasons` are the evidence, for people; `score` adds it up for a proposal."""

    claim: Claim
    verdict: Verdict
    item: Item | None = None
    reasons: tuple[str, ...] = ()
    score: int = 0


def match(claims: Sequence[Claim], items: Sequence[Item], policy: Policy) -> list[Match]:
    """In the order of `claims`. Among `items` may be settled ones: they tell a line that came
    twice.
    """
    matching = _Matching(items, policy)
    found: dict[int, Match] = {}
    for step in (matching.alone, matching.exact, matching.by_reference):
        for claim in claims:
            result = step(claim) if claim.id not in found else None
            if result is not None:
                found[claim.id] = result
    rest = [claim for claim in claims if claim.id not in found]
    found |= matching.propose(rest)
    return [found.get(claim.id, _unmatched(claim)) for claim in claims]


class _Matching:
    def __init__(self, items: Sequence[Item], policy: Policy) -> None:
        self._policy = policy
        self._taken = {item.operation for item in items if item.settled}
        self._by_reference = defaultdict[str, list[Item]](list)
        self._by_amount = defaultdict[tuple[int, str], list[Item]](list)
        self._by_order = defaultdict[str, list[Item]](list)
        for item in items:
            for reference in {_plain(each) for each in (item.operation, *item.references)}:
                self._by_reference[reference].append(item)
            if not item.settled:
                self._by_amount[item.amount, item.currency].append(item)
                self._by_order[item.order].append(item)

    def alone(self, claim: Claim) -> Match | None:
        """A fee belongs to no item."""
        if claim.line.kind is not LineKind.FEE:
            return None
        return Match(claim, Verdict.MATCHED, None, ("a fee of the party itself",))

    def exact(self, claim: Claim) -> Match | None:
        for item in self._named(claim):
            if item.operation not in self._taken and self._same_amount(claim, item):
                self._taken.add(item.operation)
                off = item.amount - received(claim.line, claim.currency, item)[0]
                rounding = (f"rounding of {off:+}",) if off else ()
                reasons = ("same reference", "same amount", *rounding)
                return Match(claim, Verdict.MATCHED, item, reasons)
        return None

    def by_reference(self, claim: Claim) -> Match | None:
        named = self._named(claim)
        if not named:
            return None
        free = [item for item in named if item.operation not in self._taken]
        if not free:
            reason = "same reference as an item that is settled, or that another line has: twice?"
            return Match(claim, Verdict.DIFFERING, None, (reason, f"item {named[0].operation}"))
        item = min(free, key=lambda each: abs(each.amount - claim.line.gross))
        self._taken.add(item.operation)
        return Match(claim, Verdict.DIFFERING, item, ("same reference", _difference(claim, item)))

    def propose(self, claims: Iterable[Claim]) -> dict[int, Match]:
        """Best evidence first, so that no item is proposed to a weaker line."""
        pairs = [
            Match(claim, Verdict.PROPOSED, item, reasons, score)
            for claim in claims
            for item in self._candidates(claim)
            for score, reasons in [_evidence(claim, item)]
            if score >= PROPOSE_FROM
        ]
        found: dict[int, Match] = {}
        for pair in sorted(pairs, key=lambda each: (-each.score, each.claim.id)):
            if pair.item is None or pair.item.operation in self._taken or pair.claim.id in found:
                continue
            self._taken.add(pair.item.operation)
            found[pair.claim.id] = pair
        return found

    def _named(self, claim: Claim) -> list[Item]:
        wanted = _plain(claim.line.reference)
        found = self._by_reference.get(wanted, []) if wanted else []
        return [item for item in found if _fits(claim, item)]

    def _same_amount(self, claim: Claim, item: Item) -> bool:
        amount, currency = received(claim.line, claim.currency, item)
        if currency != item.currency:
            return False
        allowed = self._policy.rounding_max if claim.currency == item.currency else 0
        return abs(amount - item.amount) <= allowed

    def _candidates(self, claim: Claim) -> list[Item]:
        line = claim.line
        found = [*self._by_amount.get((line.gross, claim.currency), ())]
        if line.original_currency:
            found += self._by_amount.get((line.original_amount, line.original_currency), ())
        for order in line.orders:
            found += self._by_order.get(order, ())
        free = {i.operation: i for i in found if i.operation not in self._taken and _fits(claim, i)}
        nearest = sorted(free.values(), key=lambda item: abs(item.at - line.occurred_at))
        return nearest[:CANDIDATES_MAX]


def _fits(claim: Claim, item: Item) -> bool:
    return item.may_be(claim.line) and item.party.casefold() in ("", claim.party.casefold())


def _evidence(claim: Claim, item: Item) -> tuple[int, tuple[str, ...]]:
    amount, currency = received(claim.line, claim.currency, item)
    same = (amount, currency) == (item.amount, item.currency)
    found = [(_AMOUNT, "same amount") if same else (0, _difference(claim, item))]
    if item.order in claim.line.orders:
        found.append((_NAMED, f"its text names order {item.order}"))
    days = int(abs((item.at - claim.line.occurred_at).total_seconds()) // DAY_SECONDS)
    if days < NEAR_DAYS:
        when = "within a day" if days == 0 else f"{days} day{'s' * (days > 1)} apart"
        found.append((_SAME_DAY - _PER_DAY * days, when))
    if alike := _most_alike(claim.line.reference, item):
        found.append((_REFERENCE, f"reference much like {alike}"))
    return sum(points for points, _ in found), tuple(reason for _, reason in found)


def _most_alike(reference: str, item: Item) -> str:
    """The name of the item that the reference is nearly; empty when none is."""
    wanted = _plain(reference)
    for name in (item.operation, *item.references):
        matcher = SequenceMatcher(None, wanted, _plain(name), autojunk=False)
        if wanted and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE:
            return name
    return ""


def _difference(claim: Claim, item: Item) -> str:
    amount, currency = received(claim.line, claim.currency, item)
    if currency != item.currency:
        return f"it is in {currency}, the item in {item.currency}"
    return f"it says {amount}, the item {item.amount}: {amount - item.amount:+} minor units"


def _plain(reference: str) -> str:
    return reference.strip().casefold()


def _unmatched(claim: Claim) -> Match:
    if claim.line.kind is LineKind.ADJUSTMENT:
        return Match(claim, Verdict.UNMATCHED, None, ("an adjustment is for a person to look at",))
    return Match(claim, Verdict.UNMATCHED, None, ("nothing open has this reference, or fits it",))
