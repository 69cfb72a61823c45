"""Whatever is done to stock, in whatever order, the real books say what plain Python says.

Orders act through the port, staff through the back office. After each step the books are compared
row by row, and what the auditor checks of stock is checked.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import text

from adapters.postgres.auditing.stock_checks import STOCK_CHECKS
from adapters.postgres.back_office import PostgresBackOffice
from adapters.postgres.engine import PostgresDatabase, create_engine
from adapters.postgres.keys import command_id
from adapters.postgres.stock.soft import PostgresSoftReservations
from domain import journal as j
from domain.acts import ActKind
from domain.coming_back import UnitsBack
from domain.errors import LimitExceeded, OutOfStock
from domain.four_eyes import FourEyes
from domain.order import LineUnits
from ports.front_office import RequestedLine
from tests.adapters.postgres.conftest import Shop
from tests.models.shelves import LEVELS, RECIPES, Place, Promise, Shelf, Shelves, Wanted
from tests.models.walking import Walk
from tests.support.reserving import reserves

WALK = Walk("inventory", share=0.75, example_steps=40, drawn=1.5)
CATALOG = """
INSERT INTO product (sku, name) VALUES ('TEA', 'Tea'), ('CUP', 'Cup'), ('SET', 'Set');
INSERT INTO price VALUES ('TEA', 'USD', 500), ('CUP', 'USD', 900), ('SET', 'USD', 1800);
INSERT INTO location (id, name, country) VALUES ('BOS', 'Boston', 'US'), ('NYC', 'N', 'US');
INSERT INTO tax_rate VALUES ('US', '', 100);
"""
FORGET = (
    "SET LOCAL session_replication_role = replica",  # not even what is append-only is kept
    (
        "TRUNCATE customer_order, person, command, audit, outbox, task, fact, stock, supply,"
        " movement, reservation, fulfillment_order, bundle_component RESTART IDENTITY CASCADE"
    ),
    "INSERT INTO bundle_component VALUES ('SET', 'TEA', 2), ('SET', 'CUP', 1)",
)
OTHER_RECIPES = [RECIPES["SET"], {"TEA": 1, "CUP": 2}, {"CUP": 2}, {"TEA": 1}]
SKUS, LOCATIONS = ("TEA", "CUP"), ("BOS", "NYC")
LINES = {1: "TEA", 2: "TEA", 3: "CUP", 4: "SET"}  # of each order
ORDERS = 4
OPENING = {("TEA", "BOS"): 14, ("CUP", "BOS"): 9, ("TEA", "NYC"): 6}
FAR = "2099-01-01"
CHECKED = [check for check in STOCK_CHECKS if check.id in ("S1", "S2", "S3", "S6")]

units = st.integers(1, 4)
locations = st.sampled_from(["BOS", "BOS", "NYC"])  # most of it in one place, so that it is scarce
places = st.tuples(st.sampled_from(SKUS), locations)
twice = st.booleans()
components = st.tuples(st.sampled_from(list(LINES)), st.sampled_from(SKUS))


class Books:
    """The real ones, driven from code that is not asynchronous; the same for all ways."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self.engine = create_engine(url)
        self.shop = Shop(self.engine)
        self.database = PostgresDatabase(self.engine)
        self.office = PostgresBackOffice(self.engine, FourEyes(stock_units=100_000))
        for statement in filter(str.strip, CATALOG.split(";")):
            self.run(self.shop.run(statement))

    async def forget(self) -> None:
        async with self.engine.begin() as connection:
            for statement in FORGET:
                await connection.execute(text(statement))

    def run(self, work: Awaitable[Any]) -> Any:
        return self._loop.run_until_complete(work)

    def close(self) -> None:
        self.run(self.engine.dispose())
        self._loop.close()


class InventoryModel(RuleBasedStateMachine):
    books: Books

    @initialize()
    def open(self) -> None:
        self.shelves = Shelves()
        self.keys = 0
        self.run = self.books.run
        self.run(self.books.forget())
        lines = tuple(RequestedLine(sku, 50) for sku in LINES.values())
        self.orders = [
            self.run(self.books.shop.place(f"W{n}", lines=lines)).number for n in range(ORDERS)
        ]
        for (sku, location), number in OPENING.items():
            self.run(
                self.books.shop.run(
                    "INSERT INTO stock (sku, location, on_hand, opening) VALUES (:s, :l, :n, :n)",
                    s=sku, l=location, n=number,
                )
            )  # fmt: skip
            self.shelves.shelves[sku, location] = Shelf(number)

    # orders

    @rule(data=st.data(), order=st.integers(0, ORDERS - 1), parcels=st.sampled_from([1, 1, 2]))
    def reserve(self, data: st.DataObject, order: int, parcels: int) -> None:
        number = self.orders[order]
        wanted: list[Wanted] = []
        for _ in range(parcels):
            self.keys += 1
            location = data.draw(locations, "location")
            some = st.lists(st.sampled_from(list(LINES)), min_size=1, max_size=3, unique=True)
            lines = data.draw(some, "lines")
            for line in sorted(lines):
                wanted += self._line(data, f"{number}-F{self.keys}", line, location)
        self._reserve(number, wanted)

    @precondition(lambda self: self.shelves.supplies)
    @rule(data=st.data(), order=st.integers(0, ORDERS - 1), number=units, also=st.booleans())
    def promise(self, data: st.DataObject, order: int, number: int, also: bool) -> None:
        """What is to come, in a parcel that may have other units of the same line on hand."""
        self.keys += 1
        supply = data.draw(st.sampled_from(sorted(self.shelves.supplies)), "supply")
        sku, location = self.shelves.supplies[supply].place
        line = next(line for line, of in LINES.items() if of == sku)
        parcel = f"{self.orders[order]}-F{self.keys}"
        wanted = [Wanted(parcel, line, sku, location, number, supply)]
        if also:
            wanted.append(Wanted(parcel, line, sku, location, 1))
        self._reserve(self.orders[order], wanted)

    def _reserve(self, order: str, wanted: list[Wanted]) -> None:
        plans = _plans(wanted)
        done = self.run(reserves(self.books.database, order, *plans))
        assert done == self.shelves.reserve(order, wanted)
        self.compare()

    def _line(self, data: st.DataObject, parcel: str, line: int, location: str) -> list[Wanted]:
        """Units on hand, or to come, or some of each."""
        sku = LINES[line]
        wanted = []
        coming = [s for s, each in self.shelves.supplies.items() if each.place == (sku, location)]
        if coming and data.draw(st.booleans(), "to come"):
            supply = data.draw(st.sampled_from(coming), "supply")
            wanted.append(Wanted(parcel, line, sku, location, data.draw(units, "units"), supply))
        if not wanted or data.draw(st.booleans(), "on hand as well"):
            wanted.append(Wanted(parcel, line, sku, location, data.draw(units, "units")))
        return wanted

    @rule(number=units, sku=st.sampled_from(["TEA", "CUP", "SET"]))
    def reserve_softly(self, number: int, sku: str) -> None:
        """Which location is the shop's to choose; what it chooses has to be there."""
        self.keys += 1
        lines = (RequestedLine(sku, number),)
        placing = self.books.shop.place(f"S{self.keys}", lines=lines, only_if_in_stock=True)
        recipe = self.shelves.recipes.get(sku, {sku: 1})
        enough = sum(
            max(0, min(self.shelves.free((part, place)) // n for part, n in recipe.items()))
            for place in LOCATIONS
        )
        try:
            order = self.run(placing).number
        except OutOfStock:
            assert enough < number
        else:
            assert enough >= number
            claimed: Counter[str] = Counter()
            for p in (p for p in self.rows() if p.order == order):
                assert p.state == "SOFT"
                assert p.per_unit == recipe[p.place[0]]
                assert p.units <= self.shelves.free(p.place)
                claimed[p.place[0]] += p.units
                self.shelves.promises.append(p)
            assert claimed == {part: n * number for part, n in recipe.items()}
        self.compare()

    @precondition(lambda self: self.shelves.in_state("SOFT"))
    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        soft = list(dict.fromkeys(p.order for p in self.shelves.in_state("SOFT")))
        order = data.draw(st.sampled_from(soft), "order")
        self.run(
            self.books.shop.run(
                "UPDATE reservation SET expires_at = now() WHERE order_number = :o", o=order
            )
        )
        sweeper = PostgresSoftReservations(self.books.engine)
        while self.run(sweeper.expire(1)):
            pass
        self.shelves.expire(order)
        self.compare()

    @precondition(lambda self: self.shelves.parcels("HARD", "BROKEN", "RELEASED"))
    @rule(data=st.data(), again=twice)
    def release(self, data: st.DataObject, again: bool) -> None:
        """All that there is of a line, in parts, more than there is, or what is long gone."""
        parcel, lines = self._of_a_parcel(data, "HARD", "BROKEN", "RELEASED")
        for _ in range(1 + again):
            self._do(lambda inventory: inventory.release(parcel, _units(lines)))
            self.shelves.release(parcel, lines)
        self.compare()

    @rule(
        order=st.integers(0, ORDERS - 1),
        cancel=st.sampled_from([False, False, True]),
        again=twice,
    )
    def release_all(self, order: int, cancel: bool, again: bool) -> None:
        number = self.orders[order]
        for _ in range(1 + again):
            self._do(lambda inventory: inventory.release_all(number))
        self.shelves.release_all(number)
        if cancel:  # another takes its place
            self.run(self.books.shop.journal(number, j.Canceled("changed")))
            self.keys += 1
            lines = tuple(RequestedLine(sku, 50) for sku in LINES.values())
            placed = self.run(self.books.shop.place(f"W{order}-{self.keys}", lines=lines))
            self.orders[order] = placed.number
        self.compare()

    @precondition(lambda self: self._unshipped())
    @rule(data=st.data(), again=twice)
    def consume(self, data: st.DataObject, again: bool) -> None:
        """A parcel is shipped once, whole or in part; whether its units are promised or broken."""
        parcel = data.draw(st.sampled_from(self._unshipped()), "parcel")
        _, lines = self._of_a_parcel(data, "HARD", "BROKEN", parcel=parcel)
        self._do(lambda inventory: inventory.consume(parcel, _units(lines)))
        self.shelves.consume(parcel, lines)
        self.shelves.raise_alerts()
        if again:  # what was kept back is released, as the process does it
            rest = self.shelves.held(parcel, "HARD", "BROKEN")
            self._do(lambda inventory: inventory.release(parcel, _units(rest)))
            self.shelves.release(parcel, rest)
            self.shelves.raise_alerts()
            lines = {line: n for line, n in lines.items() if line not in self._broken(parcel)}
            self._do(lambda inventory: inventory.consume(parcel, _units(lines)))
        self.compare()

    @precondition(lambda self: self.shelves.parcels("HARD", "BROKEN"))
    @rule(
        data=st.data(),
        named=st.dictionaries(components, units),
    )
    def write_off_missing(self, data: st.DataObject, named: dict[tuple[int, str], int]) -> None:
        parcel, lines = self._of_a_parcel(data, "HARD", "BROKEN")
        parts = [LineUnits(line, sku, number) for (line, sku), number in named.items()]
        self._do(lambda inventory: inventory.write_off_missing(parcel, _units(lines), parts))
        bundles = {line for line in lines if LINES[line] in RECIPES}
        self.shelves.write_off(parcel, lines, bundles, named)
        self.compare()

    @precondition(lambda self: self.shelves.parcels("CONSUMED"))
    @rule(
        data=st.data(),
        location=locations,
        found=st.dictionaries(
            st.sampled_from(["restock", "quarantine", "scrap"]), units, min_size=1
        ),
    )
    def take_back(self, data: st.DataObject, location: str, found: dict[str, int]) -> None:
        parcel = data.draw(st.sampled_from(self.shelves.parcels("CONSUMED")), "parcel")
        line = data.draw(st.sampled_from(sorted(self.shelves.held(parcel, "CONSUMED"))), "line")
        self.keys += 1
        rma = f"R{self.keys}"
        back = [UnitsBack(parcel, line, LINES[line], n, what) for what, n in found.items()]
        self._do(lambda inventory: inventory.take_back(rma, location, back))
        self.shelves.take_back(rma, location, parcel, line, found)
        self.compare()

    # staff

    @rule(recipe=st.sampled_from(OTHER_RECIPES))
    def recompose(self, recipe: dict[str, int]) -> None:
        """What is promised, shipped and comes back stays what it was."""
        self.keys += 1
        parts = [{"sku": sku, "quantity": quantity} for sku, quantity in recipe.items()]
        self.run(
            self.books.office.act(
                Shop.supervisor, f"k{self.keys}", ActKind.PRODUCT_CHANGE, "SET",
                {"components": parts}, "another set",
            )
        )  # fmt: skip
        self.shelves.recipes["SET"] = recipe
        self.compare()

    @rule(place=places, counted=st.integers(0, 15), again=twice)
    def count(self, place: Place, counted: int, again: bool) -> None:
        act, _ = self._act(ActKind.STOCK_COUNT, place, again, counted=counted)
        self.shelves.set_on_hand(act, "count", place, counted)
        self.compare()

    @rule(place=places, change=st.integers(-12, 12).filter(bool), again=twice)
    def adjust(self, place: Place, change: int, again: bool) -> None:
        act, refused = self._act(ActKind.STOCK_ADJUST, place, again, units=change)
        on_hand = self.shelves.shelves.setdefault(place, Shelf()).on_hand + change
        assert refused == (on_hand < 0)
        if not refused:
            self.shelves.set_on_hand(act, "adjust", place, on_hand)
        else:
            self._not_opened(place)
        self.compare()

    @rule(
        place=places,
        number=units,
        buckets=st.permutations(["on_hand", "damaged", "quarantined", "scrapped"]),
        again=twice,
    )
    def regrade(self, place: Place, number: int, buckets: list[str], again: bool) -> None:
        before, after = next(b for b in buckets[:3] if b != "scrapped"), buckets[3]
        body = {"units": number, "before": before, "after": after}
        act, refused = self._act(ActKind.STOCK_REGRADE, place, again, **body)
        assert refused == (not self.shelves.regrade(act, place, number, before, after))
        if refused:
            self._not_opened(place)
        self.compare()

    @rule(place=places, safety=st.integers(0, 5), reorder=st.integers(0, 9), again=twice)
    def set_levels(self, place: Place, safety: int, reorder: int, again: bool) -> None:
        body = {"safety": safety, "reorder_point": reorder, "reorder_to": 20}
        self._act(ActKind.STOCK_SET_LEVELS, place, again, **body)
        shelf = self.shelves.shelves.setdefault(place, Shelf())
        shelf.safety, shelf.reorder = safety, reorder
        self.compare()

    @rule(
        place=places,
        kind=st.sampled_from(["inbound", "presale"]),
        reference=st.sampled_from(["P1", "P2"]),
        quantity=st.integers(1, 12),
        again=twice,
    )
    def expect(self, place: Place, kind: str, reference: str, quantity: int, again: bool) -> None:
        body = {"reference": reference, "quantity": quantity, "available_on": FAR, "kind": kind}
        self._act(ActKind.SUPPLY_EXPECT, place, again, **body)
        self.shelves.expect(self.answer["supply"], kind, reference, place, quantity)
        self.compare()

    @precondition(lambda self: self._inbound())
    @rule(data=st.data(), number=st.integers(0, 12), last=st.booleans(), again=twice)
    def receive(self, data: st.DataObject, number: int, last: bool, again: bool) -> None:
        supply = data.draw(st.sampled_from(self._inbound()), "supply")
        found, came = self.shelves.supplies[supply], number if last else max(1, number)
        body = {"reference": found.reference, "units": came, "last": last}
        act, _ = self._act(ActKind.SUPPLY_RECEIVE, found.place, again, **body)
        self.shelves.receive(act, supply, came, last)
        self.compare()

    @precondition(lambda self: self.shelves.supplies)
    @rule(data=st.data(), again=twice)
    def end_supply(self, data: st.DataObject, again: bool) -> None:
        supply = data.draw(st.sampled_from(sorted(self.shelves.supplies)), "supply")
        found = self.shelves.supplies[supply]
        body = {"reference": found.reference, "kind": found.kind}
        self._act(ActKind.SUPPLY_END, found.place, again, **body)
        self.shelves.end_supply(supply)
        self.compare()

    @precondition(lambda self: self._counted_short())
    @rule(data=st.data())
    def miss_what_a_count_missed(self, data: st.DataObject) -> None:
        """The warehouse does not find what a count did not find: the shelves are as counted, and
        nobody else has to give way.
        """
        parcel = data.draw(st.sampled_from(self._counted_short()), "parcel")
        missing, left = self._broken(parcel), self.shelves.held(parcel, "HARD")
        on_hand = {place: levels[0] for place, levels in self._shelves().items()}
        others = self.shelves.in_state("BROKEN")
        self._do(lambda inventory: inventory.write_off_missing(parcel, _units(missing)))
        assert {place: levels[0] for place, levels in self._shelves().items()} == on_hand
        self._do(lambda inventory: inventory.consume(parcel, _units(left)))
        rows = self.rows()
        assert [p for p in rows if p.state == "BROKEN"] == [p for p in others if p.parcel != parcel]
        self.shelves.write_off(parcel, missing, set(), {})
        self.shelves.consume(parcel, left)
        self.compare()

    # how

    def _counted_short(self) -> list[str]:
        """Parcels of units on hand, not shipped yet, of which a count found too few."""
        coming = {p.parcel for p in self.shelves.promises if p.supply}
        return [each for each in self._unshipped() if each not in coming and self._broken(each)]

    def _do(self, work: Callable[[Any], Awaitable[None]]) -> None:
        self.run(self.books.database.run(lambda uow: work(uow.inventory)))

    def _act(self, kind: ActKind, place: Place, again: bool, /, **body: Any) -> tuple[str, bool]:
        """(id of the act, whether the state did not allow it). Twice is once, even at once."""
        self.keys += 1
        key, (sku, location) = f"k{self.keys}", place

        async def acts() -> list[Any]:
            act = (
                self.books.office.act(
                    Shop.warehouse, key, kind, sku, {"location": location, **body}, "as seen"
                )
                for _ in range(1 + again)
            )
            return await asyncio.gather(*act, return_exceptions=True)

        answers = self.run(acts())
        refused = [isinstance(answer, LimitExceeded) for answer in answers]
        assert len(set(refused)) == 1, answers
        if not refused[0]:
            assert all(answer == answers[0] for answer in answers), answers
            self.answer = answers[0].result
        return command_id(Shop.warehouse.name, key), refused[0]

    def _not_opened(self, place: Place) -> None:
        """A refused act leaves nothing behind, not even an empty shelf."""
        if self.shelves.shelves[place] == Shelf() and not self.rows_of(place):
            del self.shelves.shelves[place]

    def rows_of(self, place: Place) -> list[Any]:
        values = {"s": place[0], "l": place[1]}
        return self._read("SELECT FROM stock WHERE sku = :s AND location = :l", **values)

    def _of_a_parcel(
        self, data: st.DataObject, *states: str, parcel: str = ""
    ) -> tuple[str, dict[int, int]]:
        """Some lines of a parcel, each with units up to one more than it has."""
        parcel = parcel or data.draw(st.sampled_from(self.shelves.parcels(*states)), "parcel")
        held = self.shelves.held(parcel, *states)
        lines = data.draw(st.lists(st.sampled_from(sorted(held)), min_size=1, unique=True), "lines")
        return parcel, {
            line: data.draw(st.integers(1, held[line] + 1) | st.just(held[line]), "units")
            for line in lines
        }

    def _unshipped(self) -> list[str]:
        """Parcels with something left to ship: each is shipped once."""
        done = {by for why, by, *_ in self.shelves.moved if why in ("ship", "ship_unreserved")}
        return [each for each in self.shelves.parcels("HARD", "BROKEN") if each not in done]

    def _broken(self, parcel: str) -> dict[int, int]:
        return self.shelves.held(parcel, "BROKEN")

    def _inbound(self) -> list[int]:
        supplies = self.shelves.supplies.items()
        return sorted(supply for supply, each in supplies if each.kind == "inbound")

    # what the books say

    def compare(self) -> None:
        self.shelves.raise_alerts()
        rows = self.rows()
        assert _sums(rows) == _sums(self.shelves.promises)
        self.shelves.promises = rows
        assert self._shelves() == {
            place: (
                shelf.on_hand,
                self.shelves.reserved(place),
                shelf.damaged,
                shelf.quarantined,
                shelf.crossings,
            )
            for place, shelf in self.shelves.shelves.items()
        }
        assert self._supplies() == {
            supply: (
                each.quantity,
                each.received,
                sum(p.units for p in self.shelves.promised(supply)),
            )
            for supply, each in self.shelves.supplies.items()
        }
        assert self._moved() == _nonzero(self.shelves.moved)
        assert self._told() == self.shelves.told
        assert self._alerts() == sorted((*place, name) for place, name in self.shelves.low)
        for check in CHECKED:
            assert self._read(check.statement, **check.parameters) == [], check.id
        WALK.step()

    def rows(self) -> list[Promise]:
        return [
            Promise(*row[:4], (row[4], row[5]), *row[6:])
            for row in self._read(
                "SELECT id, order_number, coalesce(fulfillment_order, ''), line, sku, location,"
                " quantity, per_unit, coalesce(supply, 0), state FROM reservation ORDER BY id"
            )
        ]

    def _shelves(self) -> dict[Place, tuple[int, ...]]:
        return {
            (sku, location): tuple(rest)
            for sku, location, *rest in self._read(
                "SELECT sku, location, on_hand, reserved, damaged, quarantined, crossings"
                " FROM stock"
            )
        }

    def _supplies(self) -> dict[int, tuple[int, ...]]:
        found = self._read("SELECT id, quantity, received, reserved FROM supply")
        return {supply: tuple(rest) for supply, *rest in found}

    def _moved(self) -> Counter[tuple[str, ...]]:
        sums: Counter[tuple[str, ...]] = Counter()
        for reason, by, sku, location, number, bucket, more in self._read(
            "SELECT reason, reference, sku, location, units, bucket, bucket_units FROM movement"
        ):
            who = by.split("/")[0] if reason == "short_pick" else by  # it may come up short again
            sums[reason, who, sku, location, "on_hand"] += number
            sums[reason, who, sku, location, bucket] += more
        return _nonzero(sums)

    def _told(self) -> Counter[tuple[str, ...]]:
        sums: Counter[tuple[str, ...]] = Counter()
        for kind, parcel, lines in self._read("SELECT kind, subject, data->'lines' FROM fact"):
            for unit in lines:
                sums[kind, parcel, str(unit["line"])] += unit["quantity"]
            if not lines:
                sums[kind, parcel] += 1
        return sums

    def _alerts(self) -> list[tuple[str, ...]]:
        return sorted(
            (*subject.split("@"), kind)
            for subject, kind in self._read(
                "SELECT subject, kind FROM task WHERE closed_at IS NULL AND kind = ANY(:kinds)",
                kinds=list(LEVELS.values()),
            )
        )

    def _read(self, statement: str, **values: Any) -> list[Any]:
        async def read() -> list[Any]:
            async with self.books.engine.connect() as connection:
                return [tuple(row) for row in await connection.execute(text(statement), values)]

        return self.run(read())


def _units(lines: dict[int, int]) -> list[LineUnits]:
    return [LineUnits(line, LINES[line], number) for line, number in lines.items()]


def _plans(wanted: list[Wanted]) -> list[j.PlannedParcel]:
    plans = []
    for parcel in dict.fromkeys(one.parcel for one in wanted):
        own = [one for one in wanted if one.parcel == parcel]
        sums: Counter[tuple[int, str]] = Counter()
        for one in own:
            sums[one.line, one.sku] += one.units
        lines = tuple(LineUnits(line, sku, number) for (line, sku), number in sums.items())
        coming = tuple(
            j.SupplyUnits(one.line, one.sku, one.units, one.supply) for one in own if one.supply
        )
        plans.append(j.PlannedParcel(parcel, own[0].location, lines, coming, FAR if coming else ""))
    return plans


def _sums(promises: list[Promise]) -> Counter[tuple[Any, ...]]:
    sums: Counter[tuple[Any, ...]] = Counter()
    for p in promises:
        key = (p.order, p.parcel, p.line, p.place, p.per_unit, p.supply, p.state)
        sums[key] += p.units
    return sums


def _nonzero(sums: Counter[tuple[str, ...]]) -> Counter[tuple[str, ...]]:
    return Counter({what: number for what, number in sums.items() if number})


@pytest.fixture
def books(database_url: str) -> Iterator[Books]:
    books = Books(database_url)
    yield books
    books.close()


@pytest.mark.timeout(0)
def test_the_stock_books_say_what_plain_python_says_whatever_is_done_to_them(books: Books) -> None:
    WALK.run(type("Inventory", (InventoryModel,), {"books": books}))
