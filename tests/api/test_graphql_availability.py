"""What could be promised, asked through GraphQL."""

from dataclasses import replace
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


async def test_more_than_an_int_of_graphql_holds_is_told_as_the_most_that_it_holds(client, office):
    """Two locations that each have as much as the books can hold."""
    plenty = Available("BOS", 2 * 2**31, (Step(DAY, 2**31),), (Step(DAY, 2**31),))
    office.availability.found = [Availability("TEA", replace(plenty, location=""), (plenty,))]
    answer = await client.graphql(QUERY, {"skus": ["TEA"]}, role="agent")
    [tea] = answer["data"]["availability"]
    most = [{"day": "2026-12-01", "units": 2**31 - 1}]
    told = {"immediate": 2**31 - 1, "steps": most, "presale": most}
    assert tea["total"] == {"location": None, **told}


async def test_a_day_that_is_none_is_refused(client, office):
    answer = await client.graphql(QUERY, {"skus": ["TEA"], "until": "soon"}, role="agent")
    [error] = answer["errors"]
    assert "soon" in error["message"]
    assert "data" not in answer
    assert office.availability.asked == []
