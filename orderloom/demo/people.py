"""The people of a demo: staff and customers who do what each basket's story wants of them.

They see what a person would see, act through the public API with keys derived from what they do,
and take a refusal for an answer: an order that is canceled a moment too late is simply delivered.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from orderloom.demo.stories import Story
from orderloom.graphql_client import Person, Refusal

View = dict[str, Any]  # an order, as `FIELDS` asks for it

FIELDS = """
    status paymentStatus
    lines { line delivered }
    parcels { fulfillmentOrder location status }
    returns { number status lines { line quantity } }
"""
FINAL = frozenset({"CLOSED", "REJECTED", "CANCELED", "EXPIRED"})
IN_REVIEW = '{ orders(filter: {status: "IN_REVIEW"}, first: 100) { nodes { number } } }'


class Outcome(Enum):
    DONE = auto()
    REFUSED = auto()
    LATER = auto()  # not decided yet: the same again gives the outcome

    @property
    def settled(self) -> bool:
        return self is not Outcome.LATER


@dataclass
class Staff:
    """The agent also does what customers ask for."""

    agent: Person
    warehouse: Person
    supervisor: Person


@dataclass
class Errand:
    """What is to happen to one order. `done` when there is nothing more for people to do."""

    number: str
    story: Story
    done: bool = False
    returned: bool = False  # a return of it was completed


@dataclass
class People:
    """Call `work` again and again. `deeds` say what a story wants (orderloom.demo.deeds);
    `refusals` are what the system would not let them do.
    """

    staff: Staff
    locations: list[str]
    deeds: Mapping[Story, "Callable[[People, Errand, View], Awaitable[None]]"]
    errands: dict[str, Errand] = field(default_factory=dict)
    refusals: list[tuple[str, Refusal]] = field(default_factory=list)

    def take_on(self, number: str, story: Story) -> None:
        """Most stories need nobody."""
        if story in self.deeds:
            self.errands[number] = Errand(number, story)

    @property
    def returned(self) -> int:
        return sum(errand.returned for errand in self.errands.values())

    @property
    def busy(self) -> bool:
        return any(not errand.done for errand in self.errands.values())

    async def work(self) -> None:
        """One look at every open errand, and what it takes. Raises `Unavailable`."""
        open_errands = [errand for errand in self.errands.values() if not errand.done]
        numbers = [errand.number for errand in open_errands]
        views = await self.staff.agent.look_at(numbers, FIELDS)
        for errand in open_errands:
            if errand.number in views:
                await self.deeds[errand.story](self, errand, views[errand.number])

    async def clear_review(self) -> None:
        """An agent approves what no story speaks of. Raises `Unavailable`."""
        listed = await self.staff.agent.ask(IN_REVIEW)
        for order in listed["orders"]["nodes"]:
            number = order["number"]
            if number not in self.errands:
                await self.act(self.staff.agent, "orderApprove", order=number, reason="looks right")

    async def act(self, person: Person, mutation: str, **content: Any) -> Outcome:
        """`content` names the order or the return, as the mutation's input does."""
        subject = content.get("order") or content["return"]
        refusal = await person.do(mutation, f"demo/{subject}/{mutation}", **content)
        if refusal is None:
            return Outcome.DONE
        if refusal.is_for_now:
            return Outcome.LATER
        self.refusals.append((f"{mutation} {subject}", refusal))
        return Outcome.REFUSED
