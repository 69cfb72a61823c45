"""What the stock books should say, as plain Python: shelves, promises, what is to come.

It knows nothing of the database but which promise is older; the model adopts the books' rows once
they say the same, since how a promise is cut into rows is theirs to choose.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import count

ACTIVE = ("SOFT", "HARD")
RECIPES = {"SET": {"TEA": 2, "CUP": 1}}
LEVELS = {"safety": "stock.safety_reached", "reorder": "stock.reorder_reached"}

Place = tuple[str, str]  # SKU, location


@dataclass(frozen=True)
class Promise:
    """A reservation. `parcel` is empty while it is soft, `supply` 0 unless it is yet to come."""

    id: int
    order: str
    parcel: str
    line: int
    place: Place
    units: int
    per_unit: int
    supply: int
    state: str


@dataclass
class Shelf:
    on_hand: int = 0
    safety: int = 0
    reorder: int = 0
    damaged: int = 0
    quarantined: int = 0
    crossings: int = 0


@dataclass
class Supply:
    kind: str
    reference: str
    place: Place
    quantity: int
    received: int = 0


@dataclass(frozen=True)
class Wanted:
    """Units of an order line from one location; from `supply`, unless that is 0."""

    parcel: str
    line: int
    sku: str
    location: str
    units: int
    supply: int = 0


@dataclass
class Shelves:
    shelves: dict[Place, Shelf] = field(default_factory=dict)
    promises: list[Promise] = field(default_factory=list)  # oldest first
    supplies: dict[int, Supply] = field(default_factory=dict)
    moved: Counter[tuple[str, ...]] = field(default_factory=Counter)
    told: Counter[tuple[str, ...]] = field(default_factory=Counter)  # facts
    low: set[tuple[Place, str]] = field(default_factory=set)
    recipes: dict[str, dict[str, int]] = field(default_factory=lambda: dict(RECIPES))

    def __post_init__(self) -> None:
        self._ids = count(10**9)
        self._touched: set[str] = set()  # parcels, by what came or will not come

    # what there is

    def active(self, place: Place) -> list[Promise]:
        return [p for p in self.promises if p.place == place and p.state in ACTIVE if not p.supply]

    def reserved(self, place: Place) -> int:
        return sum(p.units for p in self.active(place))

    def free(self, place: Place, order: str = "") -> int:
        """What the order itself has softly is there for it."""
        shelf = self.shelves.get(place)
        if shelf is None:
            return 0
        own = sum(p.units for p in self.active(place) if p.order == order and p.state == "SOFT")
        return shelf.on_hand - self.reserved(place) - shelf.safety + own

    def in_state(self, state: str) -> list[Promise]:
        return [p for p in self.promises if p.state == state]

    def promised(self, supply: int) -> list[Promise]:
        return [p for p in self.promises if p.supply == supply and p.state == "HARD"]

    def coming(self, supply: int) -> int:
        """Units that nobody was promised."""
        found = self.supplies[supply]
        return found.quantity - found.received - sum(p.units for p in self.promised(supply))

    def parcels(self, *states: str) -> list[str]:
        """In the order in which they came about."""
        found = {p.parcel for p in self.promises if p.parcel and p.state in states}
        return sorted(found, key=lambda parcel: int(parcel.rsplit("-F", 1)[1]))

    def held(self, parcel: str, *states: str) -> dict[int, int]:
        """Units of each order line."""
        most: dict[int, Counter[str]] = {}
        for p in self.promises:
            if p.parcel == parcel and p.state in states:
                most.setdefault(p.line, Counter())[p.place[0]] += p.units // p.per_unit
        return {line: max(skus.values()) for line, skus in most.items()}

    # orders

    def reserve(self, order: str, wanted: Iterable[Wanted]) -> bool:
        """All or none; what the order had softly goes back."""
        parts = [each for one in wanted for each in self._parts(one)]
        need: Counter[Place] = Counter()
        promised: Counter[int] = Counter()
        for one, place, units, _ in parts:
            if one.supply:
                promised[one.supply] += units
            else:
                need[place] += units
        for place, units in need.items():
            more = units - (self.free(place, order) - self.free(place))
            if place not in self.shelves or more > max(0, self.free(place)):
                return False
        if any(units > self.coming(supply) for supply, units in promised.items()):
            return False
        self._end(lambda p: p.order == order and p.state == "SOFT", None, "RELEASED")
        for one, place, units, per_unit in parts:
            self._add(
                Promise(0, order, one.parcel, one.line, place, units, per_unit, one.supply, "HARD")
            )
        return True

    def release(self, parcel: str, lines: dict[int, int]) -> None:
        left = self._release_broken(parcel, lines)
        self._end(lambda p: p.parcel == parcel and p.state == "HARD", left, "RELEASED")

    def release_all(self, order: str) -> None:
        self._end(lambda p: p.order == order and p.state in ACTIVE, None, "RELEASED")

    def expire(self, order: str) -> None:
        self._end(lambda p: p.order == order and p.state == "SOFT", None, "EXPIRED")

    def write_off(
        self,
        parcel: str,
        lines: dict[int, int],
        bundles: set[int],
        named: dict[tuple[int, str], int],
    ) -> None:
        """What a count found missing is gone already. Of a bundle, the components that are named
        leave, and no more than it had; nobody guesses at the others.
        """
        lines = self._release_broken(parcel, lines)
        plain = {line: units for line, units in lines.items() if line not in bundles}
        gone = self._end(_on_hand(parcel), plain, "RELEASED")
        self._leave("short_pick", parcel, gone)
        rest = {line: units for line, units in lines.items() if line in bundles}
        for p in _summed(self._end(_on_hand(parcel), rest, "RELEASED")):
            if lost := min(p.units, named.get((p.line, p.place[0]), 0)):
                self._move("short_pick", parcel, p.place, -lost)

    def _release_broken(self, parcel: str, lines: dict[int, int]) -> dict[int, int]:
        """Units of the lines beyond those that a count broke."""
        known = self.held(parcel, "BROKEN")
        self._end(lambda p: p.parcel == parcel and p.state == "BROKEN", lines, "RELEASED")
        rest = {line: units - known.get(line, 0) for line, units in lines.items()}
        return {line: units for line, units in rest.items() if units > 0}

    def consume(self, parcel: str, lines: dict[int, int]) -> None:
        """What a count had broken leaves, too: others give way, or more was there after all."""
        self._leave("ship", parcel, gone := self._end(_on_hand(parcel), lines, "CONSUMED"))
        for line, units in lines.items():
            done = max((p.units // p.per_unit for p in _summed(gone) if p.line == line), default=0)
            if done < units:
                self._ship_unreserved(parcel, line, units - done)

    def _ship_unreserved(self, parcel: str, line: int, units: int) -> None:
        def broken(p: Promise) -> bool:
            return p.parcel == parcel and p.state == "BROKEN" and p.line == line and not p.supply

        for one in sorted(_summed(filter(broken, self.promises)), key=lambda p: p.place):
            leaving = min(one.units, units * one.per_unit)
            shelf = self.shelves[one.place]
            self._make_room(one.place, shelf.on_hand - leaving)
            if shelf.on_hand < leaving:
                self._move("found", parcel, one.place, leaving - shelf.on_hand)
        self._leave("ship_unreserved", parcel, self._end(broken, {line: units}, "CONSUMED"))

    def take_back(
        self, rma: str, location: str, parcel: str, line: int, units: dict[str, int]
    ) -> None:
        """`units` by disposition, each as its parcel had it."""
        recipe = {p.place[0]: p.per_unit for p in self.promises
                  if (p.parcel, p.line, p.state) == (parcel, line, "CONSUMED")}  # fmt: skip
        for sku, per_unit in recipe.items():
            self.shelves.setdefault((sku, location), Shelf())
            for disposition, number in units.items():
                self._into(disposition, rma, (sku, location), number * per_unit)

    def _into(self, disposition: str, rma: str, place: Place, units: int) -> None:
        if disposition == "restock":
            self._move("restock", rma, place, units)
        elif disposition == "quarantine":
            self._move("quarantine", rma, place, 0, "quarantined", units)

    # staff

    def set_on_hand(self, act: str, reason: str, place: Place, on_hand: int) -> None:
        shelf = self.shelves.setdefault(place, Shelf())
        self._make_room(place, on_hand)
        self._move(reason, act, place, on_hand - shelf.on_hand)

    def regrade(self, act: str, place: Place, units: int, before: str, after: str) -> bool:
        shelf = self.shelves.setdefault(place, Shelf())
        free = shelf.on_hand - self.reserved(place)
        if units > (free if before == "on_hand" else getattr(shelf, before)):
            return False
        for bucket, change in ((before, -units), (after, units)):
            if bucket == "on_hand":
                self._move("regrade", act, place, change)
            elif bucket != "scrapped":
                self._move("regrade", act, place, 0, bucket, change)
        return True

    def expect(self, supply: int, kind: str, reference: str, place: Place, quantity: int) -> None:
        """Said again with fewer, the youngest promises are broken, and no more than has to be."""
        found = self.supplies.setdefault(supply, Supply(kind, reference, place, quantity))
        self.shelves.setdefault(place, Shelf())
        left = found.received + sum(p.units for p in self.promised(supply))
        for p in reversed(self.promised(supply)):
            if broken := min(p.units, max(0, left - quantity)):
                self._break_promise(p, broken)
                left -= broken
        found.quantity = max(quantity, left)
        self._tell_complete()

    def receive(self, act: str, supply: int, units: int, last: bool) -> None:
        """Whoever was promised them has them: of this delivery first, then of a presale."""
        found = self.supplies[supply]
        presales = [s for s, each in self.supplies.items() if each.place == found.place
                    if each.kind == "presale"]  # fmt: skip
        waiting = self.promised(supply)
        waiting += [p for p in self.promises if p.supply in presales and p.state == "HARD"]
        self._move("receive", act, found.place, units)
        left = units
        for p in waiting:
            if kept := min(left, p.units):
                self._keep(p, kept)
                left -= kept
        found.received += units
        found.quantity = max(
            found.quantity, found.received + sum(p.units for p in self.promised(supply))
        )
        if last:
            self._give_up(supply)
        self._tell_complete()

    def end_supply(self, supply: int) -> None:
        self._give_up(supply)
        self._tell_complete()

    def _give_up(self, supply: int) -> None:
        for p in self.promised(supply):
            self._break_promise(p, p.units)
        self.supplies[supply].quantity = self.supplies[supply].received

    # how

    def _keep(self, p: Promise, units: int) -> None:
        """A promise becomes a reservation of units on hand: a new one, when it is of a part."""
        if self.supplies[p.supply].kind == "presale":
            self.supplies[p.supply].received += units
        at = self.promises.index(p)
        if units == p.units:
            self.promises[at] = replace(p, supply=0)
        else:
            self.promises[at] = replace(p, units=p.units - units)
            self._add(replace(p, supply=0, units=units))
        self._touched.add(p.parcel)

    def _break_promise(self, p: Promise, units: int) -> None:
        self._end(lambda q: q is p, {p.line: units}, "BROKEN")
        self.told["reservation.broken", p.parcel, str(p.line)] += units
        self._touched.add(p.parcel)

    def _tell_complete(self) -> None:
        """Once for an act: all that these parcels carry, if anything, is on hand now."""
        for parcel in self._touched:
            held = [p for p in self.promises if p.parcel == parcel and p.state == "HARD"]
            if held and not any(p.supply for p in held):
                self.told["reservation.supplied", parcel] += 1
        self._touched.clear()

    def _make_room(self, place: Place, keep: int) -> None:
        """The youngest give way; of a bundle all components; a soft one whole, with its order."""
        too_many = self.reserved(place) - max(0, keep)
        for p in reversed(self.active(place)):
            if too_many <= 0:
                return
            if p.state == "SOFT":
                too_many -= p.units
                self._end(lambda q, p=p: q.order == p.order and q.state == "SOFT", None, "BROKEN")
            else:
                whole = -(-min(p.units, too_many) // p.per_unit)
                too_many -= whole * p.per_unit
                self._end(_on_hand(p.parcel), {p.line: whole}, "BROKEN")
                self.told["reservation.broken", p.parcel, str(p.line)] += whole

    def _end(
        self, which: Callable[[Promise], bool], lines: dict[int, int] | None, after: str
    ) -> list[Promise]:
        """Ends units of order lines, the oldest rows first; all of them without `lines`."""
        ended: list[Promise] = []
        left: dict[tuple[int, str], int] = {}
        for at, p in enumerate(self.promises):
            if not which(p) or (lines is not None and p.line not in lines):
                continue
            asked = p.units if lines is None else lines[p.line] * p.per_unit
            key = (p.line, p.place[0])
            part = min(p.units, left.get(key, asked)) if lines is not None else p.units
            left[key] = left.get(key, asked) - part
            if part:
                ended.append(replace(p, units=part, state=after))
                self.promises[at] = replace(p, units=p.units - part)
        self.promises = [p for p in self.promises if p.units]
        for p in ended:
            self._add(p)
        return ended

    def _parts(self, one: Wanted) -> list[tuple[Wanted, Place, int, int]]:
        recipe = self.recipes.get(one.sku, {one.sku: 1})
        return [(one, (sku, one.location), one.units * n, n) for sku, n in recipe.items()]

    def _add(self, p: Promise) -> None:
        self.promises.append(replace(p, id=next(self._ids)))

    def _leave(self, reason: str, parcel: str, gone: Iterable[Promise]) -> None:
        for p in gone:
            self._move(reason, parcel, p.place, -p.units)

    def _move(
        self, reason: str, by: str, place: Place, units: int, bucket: str = "", more: int = 0
    ) -> None:
        shelf = self.shelves[place]
        shelf.on_hand += units
        self.moved[reason, by, *place, "on_hand"] += units
        if bucket:
            setattr(shelf, bucket, getattr(shelf, bucket) + more)
            self.moved[reason, by, *place, bucket] += more

    def raise_alerts(self) -> None:
        """Once for each crossing by a transaction: what happens within one is nobody's."""
        low = {
            (place, name)
            for place, shelf in self.shelves.items()
            for level, name in LEVELS.items()
            if (at := getattr(shelf, level)) > 0 and shelf.on_hand - self.reserved(place) <= at
        }
        for place, _ in low - self.low:
            self.shelves[place].crossings += 1
        self.low = low


def _on_hand(parcel: str) -> Callable[[Promise], bool]:
    return lambda p: p.parcel == parcel and p.state == "HARD" and not p.supply


def _summed(promises: Iterable[Promise]) -> list[Promise]:
    """One for each line and place."""
    sums: dict[tuple[int, Place], Promise] = {}
    for p in promises:
        before = sums.get((p.line, p.place))
        sums[p.line, p.place] = replace(p, units=p.units + (before.units if before else 0))
    return list(sums.values())
