"""What workflows and activities tell one another: one dataclass a message.

Ids, codes, quantities and amounts only. Every answer carries the journal entries that the asker
does not know yet, so that a workflow's picture has no gaps.
"""

from dataclasses import dataclass
from datetime import datetime

from domain.codec import Json
from domain.commands import Command
from domain.facts import Fact
from domain.journal import BodyRecord, EntryRecord
from domain.order import LineUnits, PlacedOrder
from domain.payments import PaymentOperation, operation_key
from domain.process import ProcessDefinition


@dataclass(frozen=True, slots=True)
class Start:
    """`subject` is an order number or a return number."""

    subject: str


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment operation that was begun, by whomever, and whose outcome is not settled."""

    key: str
    operation: PaymentOperation
    ordinal: int
    amount: int
    fulfillment_order: str = ""
    authorization: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a workflow begins with; all of its history, should it begin anew. `begun` are parcels
    that were on their way to a warehouse.
    """

    order: PlacedOrder
    process: ProcessDefinition
    entries: tuple[EntryRecord, ...]
    facts: tuple[Fact, ...] = ()
    intents: tuple[Intent, ...] = ()
    begun: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """Names one effect: unique by (subject, name, seq), where `seq` is the last journal entry that
    the workflow knew. `facts` are those that the effect takes into account.
    """

    subject: str
    name: str
    seq: int
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepResult:
    """`outcome` is a word of the step's own; `refusal` is (code, message). `facts` and `begun`
    are told where the step was decided on without knowing them, `intents` where the order is over:
    they have to come to their end, too.
    """

    entries: tuple[EntryRecord, ...] = ()
    outcome: str = ""
    refusal: tuple[str, ...] = ()
    result: Json = None
    facts: tuple[Fact, ...] = ()
    intents: tuple[Intent, ...] = ()
    begun: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deadline:
    """A wait, by its key, that was due `at` a moment by its process's clock, which alone decides
    when something is due. `handing_over`: as in `CommandCall`.
    """

    wait: str
    at: datetime
    handing_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordCall:
    """With a `deadline`, the entries are what it leads to."""

    step: Step
    bodies: tuple[BodyRecord, ...]
    deadline: Deadline | None = None


@dataclass(frozen=True, slots=True)
class SourceCall:
    """`handing_over`: as in `CommandCall`."""

    step: Step
    handing_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParcelCall:
    step: Step
    fulfillment_order: str


@dataclass(frozen=True, slots=True)
class CommandCall:
    """`handing_over`: parcels that the process is handing to their warehouse just now; the books
    know of those that were begun.
    """

    step: Step
    command: Command
    handing_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HandOverCall:
    step: Step
    fulfillment_order: str
    location: str
    lines: tuple[LineUnits, ...]


@dataclass(frozen=True, slots=True)
class PaymentCall:
    """One business operation: its key is derived from subject, operation, parcel and ordinal.
    `authorization` is what it draws on; a refund without one may move less than `amount`: what the
    payment with the most left can give. `rma` when the subject is a return.
    """

    step: Step
    operation: PaymentOperation
    ordinal: int
    amount: int
    fulfillment_order: str = ""
    authorization: str = ""
    rma: bool = False

    @property
    def key(self) -> str:
        owner = self.fulfillment_order or self.step.subject
        return operation_key(owner, self.operation, self.ordinal)
