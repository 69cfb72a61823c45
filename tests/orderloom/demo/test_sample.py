"""Which orders tell what an order costs."""

from orderloom.cost.counting import Cost
from orderloom.demo.files import Handed
from orderloom.demo.sample import choose_sample, most, undisturbed
from orderloom.demo.stories import Story

QUIET = [{"source": "journal", "kind": "Sourced", "by": "system"}]
FACT = [{"source": "warehouse", "kind": "fulfillment.picked", "by": "warehouse"}]


def handed(place, story, sources):
    return Handed(place, story, sources, {"order": f"WEB-{place}"})


def test_the_first_straight_order_of_each_number_of_parcels_is_taken():
    baskets = [
        handed(0, Story.RETURNED, 1),
        handed(1, Story.STRAIGHT, 1),
        handed(2, Story.STRAIGHT, 1),
        handed(3, Story.STRAIGHT, 2),
    ]
    assert [basket.place for basket in choose_sample(baskets)] == [1, 3]
    assert [basket.place for basket in choose_sample(baskets[:3])] == [1]


async def test_an_order_that_somebody_touched_is_no_measure(office):
    def shows(number, timeline, status="CLOSED", parcels=1):
        office.shows(number, status, timeline=timeline, parcels=[{}] * parcels)

    shows("ONE", QUIET + FACT)
    shows("TWO", QUIET + FACT, parcels=2)
    shows("OPEN", QUIET, status="COMPLETED")
    shows("HELD", [*QUIET, {"source": "journal", "kind": "HoldPlaced", "by": "system"}])
    shows("HELPED", [*QUIET, {"source": "journal", "kind": "Approved", "by": "ana"}])
    agent = office.people.staff.agent
    assert await undisturbed(agent, list(office.views)) == {"ONE": 1, "TWO": 2}


def test_the_most_of_each_figure_counts():
    costs = [Cost(60, 900, {"start_timer": 3}), Cost(50, 1_000, {"signal_workflow": 2})]
    assert most(costs) == {"events": 60, "actions": 3, "bytes": 1_000}
