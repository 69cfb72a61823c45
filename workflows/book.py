"""What a workflow knows of its order: journal and facts, and the view they fold into."""

from collections.abc import Iterable

from activities.messages import Intent, Opened
from domain.facts import Fact
from domain.fold import fold
from domain.journal import Entry, EntryRecord
from domain.order import PlacedOrder
from domain.process import ProcessDefinition
from domain.view import OrderView
from domain.waits import Wait, waits


class Book:
    """`version` rises with every change; `unnamed` are facts that no effect has named yet;
    `payment_news` counts the facts that ask to look at a payment; `intents` are operations that the
    books had begun and not settled, by key; `begun` parcels that the books had on their way to a
    warehouse.
    """

    def __init__(self) -> None:
        self.version = 0
        self.unnamed: list[str] = []
        self.payment_news = 0
        self.intents: dict[str, Intent] = {}
        self.begun: set[str] = set()
        self._facts: dict[str, Fact] = {}
        self._entries: dict[int, Entry] = {}
        self._opened: tuple[PlacedOrder, ProcessDefinition] | None = None
        self._view: OrderView | None = None

    @property
    def opened(self) -> bool:
        return self._opened is not None

    @property
    def order(self) -> PlacedOrder:
        return self._known[0]

    @property
    def process(self) -> ProcessDefinition:
        return self._known[1]

    @property
    def _known(self) -> tuple[PlacedOrder, ProcessDefinition]:
        assert self._opened is not None, "the order is opened before anything else"  # noqa: S101
        return self._opened

    def open(self, opened: Opened) -> None:
        self._opened = (opened.order, opened.process)
        for fact in opened.facts:
            self.hear(fact)
        self.remember(opened.intents)
        self.begun.update(opened.begun)
        self.learn(opened.entries)

    def learn(self, entries: Iterable[EntryRecord]) -> None:
        for record in entries:
            if record.seq not in self._entries:
                self._entries[record.seq] = record.entry()
        self._changed()

    def hear(self, fact: Fact) -> None:
        """A fact that was heard before changes nothing."""
        if fact.id not in self._facts:
            self._facts[fact.id] = fact
            self.unnamed.append(fact.id)
            self.payment_news += fact.kind.is_payment
            self._changed()

    def remember(self, intents: Iterable[Intent]) -> None:
        self.intents |= {intent.key: intent for intent in intents}

    def named(self, facts: Iterable[str]) -> None:
        gone = set(facts)
        self.unnamed = [fact for fact in self.unnamed if fact not in gone]

    def _changed(self) -> None:
        self.version += 1
        self._view = None

    @property
    def seq(self) -> int:
        """The last entry up to which there is no gap: a step that runs beside another may have
        journaled a later one already.
        """
        seq = 0
        while seq + 1 in self._entries:
            seq += 1
        return seq

    @property
    def view(self) -> OrderView:
        if self._view is None:
            known = (self._entries[seq] for seq in range(1, self.seq + 1))
            self._view = fold(self.order, known, self._facts.values())
        return self._view

    @property
    def waits(self) -> list[Wait]:
        return waits(self.view, self.process)
