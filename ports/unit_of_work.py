"""One effect in our database: everything in it is committed together, or not at all.

Lock order, everywhere: command → order → stock by (SKU, location) → customer → payment → ledger →
audit → number series, each series for a moment only.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

from domain.codec import Json
from domain.coming_back import UnitsBack
from domain.facts import Fact
from domain.fold import fold
from domain.invoices import Draft, Issued
from domain.journal import Body, Entry, PlannedParcel, ReturnRequested
from domain.ledger import Account, Posting
from domain.order import LineUnits, PlacedOrder
from domain.process import ProcessDefinition
from domain.returns import ReturnView
from domain.sourcing import Location, Sources
from domain.view import OrderView
from domain.waits import Wait
from ports.customer_money import Credit, Transfers
from ports.payment_book import Payments
from ports.points import Points

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LockedOrder:
    """An order whose row is locked until the unit of work ends. `done` is the saved result of the
    step that was asked about, None when it has not been done.
    """

    order: PlacedOrder
    process: ProcessDefinition
    journal: tuple[Entry, ...]
    facts: tuple[Fact, ...]
    done: Json | None = None

    def view(self, entries: Sequence[Entry] = (), facts: Sequence[Fact] = ()) -> OrderView:
        """What the order is like, with `entries` and `facts` beside those of the books."""
        return fold(self.order, (*self.journal, *entries), (*self.facts, *facts))


@dataclass(frozen=True, slots=True)
class LockedReturn:
    """As `LockedOrder`."""

    order: PlacedOrder
    process: ProcessDefinition
    journal: tuple[Entry, ...]
    done: Json | None = None


class StepName(NamedTuple):
    """Of one subject; no two of its steps share both."""

    name: str
    ordinal: int


NO_STEP = StepName("", 0)


class Orders(Protocol):
    """Orders, returns, their journals and projections."""

    async def lock(self, order: str, step: StepName = NO_STEP) -> LockedOrder:
        """Refuses `NotFound`. Facts that were quarantined are not among its facts."""

    async def lock_return(self, rma: str, step: StepName = NO_STEP) -> LockedReturn:
        """Locks the order's row as well, so that two returns never race past a limit."""

    async def append(
        self, subject: str, order: str, after: int, bodies: Sequence[Body], by: str
    ) -> tuple[Entry, ...]:
        """Journals `bodies` as entries after+1 … of `subject`: the order itself, or a return."""

    async def project(self, view: OrderView, waits: Sequence[Wait]) -> None:
        """Saves the projection; its queued waits are the ops queue."""

    async def project_return(self, view: ReturnView, waits: Sequence[Wait]) -> None: ...

    async def open_return(
        self, order: PlacedOrder, process: ProcessDefinition, entry: ReturnRequested, by: str
    ) -> str:
        """Under the order's lock: the return's number, and the start of its process. They count
        1, 2, 3 … per order.
        """

    async def returns(self, order: str) -> list[ReturnView]:
        """Oldest first."""

    async def returned_units(self, order: str) -> dict[int, int]:
        """Units by line that returns have asked for and that were not declined or dropped."""

    async def refunded_units(self, order: str, *, delivered_only: bool = False) -> dict[int, int]:
        """Units by line for which an inspected return was granted its refund; without parcels that
        were not delivered, if `delivered_only`.
        """

    async def inspected_units(self, order: str) -> dict[int, int]:
        """Units by line that were delivered, came back and were inspected, whatever has become of
        them.
        """


class Steps(Protocol):
    """Results of steps, unique by (subject, step): a retry returns the first result, which `lock`
    finds.
    """

    async def save(self, subject: str, step: StepName, result: Json) -> None: ...


class Inventory(Protocol):
    async def locations(self) -> list[Location]:
        """The active ones, each with the day on which a parcel would leave that is sourced now."""

    async def sources(self, order: str, skus: Iterable[str], within_days: int) -> Sources:
        """What the order may be sourced from, not locked: units on hand that are free (on_hand −
        reserved − safety stock, and what the order has reserved softly), units to come within
        `within_days` (of a presale, whenever), and what its bundles are made of.
        """

    async def reserve(self, order: str, parcels: Sequence[PlannedParcel]) -> None:
        """All units or none, at the end of the unit of work, which refuses (`OutOfStock`) when some
        are no longer there: then nothing has happened. Creates the fulfillment orders; what the
        order had reserved softly is given back. Bundles as their components, SKUs pooled, rows
        locked in (SKU, location) order, and for no longer than the commit takes.
        """

    async def release(self, parcel: str, lines: Sequence[LineUnits]) -> None:
        """Idempotent, and safe when the reservation never happened. Units that a count had broken
        go first: they are reserved no longer.
        """

    async def release_all(self, order: str) -> None:
        """Every active reservation of the order."""

    async def write_off_missing(
        self, parcel: str, lines: Sequence[LineUnits], parts: Sequence[LineUnits] = ()
    ) -> None:
        """A short pick: the units are not there, so on_hand falls and the reservation goes. Units
        that a count had broken go first: on_hand has fallen by them. Of a bundle, on_hand falls by
        the components that `parts` names, and the others are free again; where those do not
        explain every bundle that is missing, the others are to be counted.
        """

    async def uncounted(self, order: str, skus: Iterable[str]) -> set[str]:
        """Locations where some of these bundles were missing in a parcel of the order, and what of
        them is still to be counted.
        """

    async def consume(self, parcel: str, lines: Sequence[LineUnits]) -> None:
        """Shipped: the reservation is consumed and on_hand falls by a movement. What a count had
        broken leaves too, and then others have to give way.
        """

    async def ship_unasked(self, order: str, parcel: str, lines: Sequence[LineUnits]) -> None:
        """Units that a warehouse sent though the parcel did not carry them: on_hand falls by a
        movement, others have to give way, and a supervisor has it as a task.
        """

    async def take_back(self, rma: str, location: str, units: Sequence[UnitsBack]) -> None:
        """Inspected units by disposition: sellable, quarantined, or scrapped (a movement each); a
        bundle as the components that its parcel had of it.
        """


class Submissions(Protocol):
    """Intents of handing parcels to warehouses: committed before a warehouse is called, and under
    the order's lock, so that whoever decides about the order next knows of them.
    """

    async def begin(self, parcel: str) -> None:
        """From now on a warehouse may have the fulfillment order."""

    async def begun(self, order: str) -> tuple[str, ...]:
        """Those of an order that were begun, by whomever, whatever has become of them."""


class Ledger(Protocol):
    async def post(self, *postings: Posting) -> None:
        """Each is unique by its operation: posting it again changes nothing. Raises
        (`PostedOtherwise`) what was posted before and is another posting now.
        """

    async def balances(self, order: str) -> dict[Account, int]:
        """Of the order's own entries: debits less credits, by account that has any."""


class Invoices(Protocol):
    """Invoices and credit notes, which never change once they are issued."""

    async def issued(self, order: str) -> tuple[Issued, ...]:
        """The order's invoices, oldest first, without its credit notes."""

    async def issue(self, draft: Draft, process: ProcessDefinition) -> None:
        """Gives it the next number of its series, as the last thing before the transaction is
        committed, so that none is skipped and few wait. Unique by its operation: issuing it again
        changes nothing. The books refuse credits beyond the line that they credit.
        """


class Outbox(Protocol):
    async def put(self, event_id: str, kind: str, subject: str, payload: Json) -> None:
        """Unique by `event_id`, which is derived and stable."""


class Facts(Protocol):
    async def handled(self, facts: Sequence[str], by: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """`refusal` is (code, message), None when it was done."""

    refusal: tuple[str, str] | None


class Commands(Protocol):
    async def outcome(self, command: str) -> Outcome | None:
        """What became of it, once it is settled."""

    async def body(self, command: str) -> Json:
        """What was asked for, as the edge stored it."""

    async def settle(self, command: str, *, refusal: tuple[str, str] | None, result: Json) -> None:
        """Writes the outcome and, for an effect of a person, its audit row; `refusal` is
        (code, message).
        """


@dataclass(frozen=True, slots=True)
class Known:
    """What review is told of an order: whether the address has all its parts, whether the customer
    is blocked.
    """

    address_complete: bool
    customer_blocked: bool


class Catalog(Protocol):
    async def known(self, order: PlacedOrder) -> Known: ...

    async def ship_to(self, order: str) -> dict[str, str]:
        """Personal data for the warehouse: name, line1, city, region, postal_code, country,
        phone.
        """


class UnitOfWork(Protocol):
    @property
    def orders(self) -> Orders: ...
    @property
    def steps(self) -> Steps: ...
    @property
    def inventory(self) -> Inventory: ...
    @property
    def submissions(self) -> Submissions: ...
    @property
    def payments(self) -> Payments: ...
    @property
    def credit(self) -> Credit: ...
    @property
    def transfers(self) -> Transfers: ...
    @property
    def points(self) -> Points: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def invoices(self) -> Invoices: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def facts(self) -> Facts: ...
    @property
    def commands(self) -> Commands: ...
    @property
    def catalog(self) -> Catalog: ...


class Database(Protocol):
    async def look(self, question: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        """Runs one statement that writes nothing, and keeps no lock."""

    async def run(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        """Runs `work` in one transaction and commits; serialization failures and deadlocks are
        tried again with a new session; a Refusal rolls back and passes through.
        """
