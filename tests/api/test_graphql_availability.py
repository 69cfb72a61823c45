"""What could be promised, asked through GraphQL."""

from datetime import date

import pytest

from domain.availability import Availability, Available, Step
from ports.availability import AvailabilityQuestion

DAY = date(2026, 12, 1)
TEA = Availability(
    "TEA",
    Available("", 4, (Step(DAY, 9),), (Step(DAY, 3),)),
    (Available("BOS", 4, (Step(DAY, 9),)), Available("NYC", 0, (), (Step(DAY, 3),))),
)
QUERY = """query($skus: [String!]!, $location: String! = "", $until: Date) {
  availability(skus: $skus, location: $location, until: $until) {
    sku total { ...all } locations { ...all } } }
  fragment all on Available { location immediate steps { day units } presale { day units } }"""


@pytest.mark.parametrize("role", ["agent", "developer", "channel"])
async def test_availability_is_told_in_total_and_by_location(client, office, role):
    office.availability.found = [TEA]
    asked = {"skus": ["TEA", "NIX"], "location": "BOS", "until": "2026-12-02"}
    answer = await client.graphql(QUERY, asked, role=role)
    steps = [{"day": "2026-12-01", "units": 9}]
    presale = [{"day": "2026-12-01", "units": 3}]
    assert answer["data"]["availability"] == [{
        "sku": "TEA",
        "total": {"location": None, "immediate": 4, "steps": steps, "presale": presale},
        "locations": [
            {"location": "BOS", "immediate": 4, "steps": steps, "presale": []},
            {"location": "NYC", "immediate": 0, "steps": [], "presale": presale},
        ],
    }]  # fmt: skip
    assert office.availability.asked == [
        AvailabilityQuestion(["TEA", "NIX"], "BOS", date(2026, 12, 2))
    ]


async def test_a_day_that_is_none_is_refused(client, office):
    answer = await client.graphql(QUERY, {"skus": ["TEA"], "until": "soon"}, role="agent")
    [error] = answer["errors"]
    assert "soon" in error["message"]
    assert "data" not in answer
    assert office.availability.asked == []
