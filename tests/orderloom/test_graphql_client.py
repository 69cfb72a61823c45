"""The people's GraphQL client, over a scripted API."""

import json

import httpx
import pytest

from orderloom.graphql_client import ORDERS_PER_QUERY, Misunderstood, Person, Refusal, Unavailable
from orderloom.roles import Role
from orderloom.settings import Settings


class Api:
    def __init__(self):
        self.asked = []
        self.answer = httpx.Response(200, json={"data": {}})

    def __call__(self, request):
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def api():
    return Api()


@pytest.fixture
async def person(api, tmp_path):
    settings = Settings(home=tmp_path, server_key="key", public_url="http://api")
    async with httpx.AsyncClient(transport=httpx.MockTransport(api)) as http:
        yield Person(http, settings, "ana", Role.AGENT)


async def test_a_deed_names_its_input_and_its_key(api, person):
    api.answer = httpx.Response(200, json={"data": {"orderCancel": {"userErrors": []}}})
    assert await person.do("orderCancel", "k-1", order="N", reason="why") is None
    (request,) = api.asked
    body = json.loads(request.content)
    assert "$input: OrderCancelInput!" in body["query"]
    assert body["variables"] == {"input": {"order": "N", "reason": "why", "idempotencyKey": "k-1"}}
    assert request.headers["authorization"] == f"Bearer {person.token}"


async def test_a_user_error_is_a_refusal(api, person):
    errors = [{"code": "TRY_AGAIN", "message": "later"}]
    api.answer = httpx.Response(200, json={"data": {"orderCancel": {"userErrors": errors}}})
    refusal = await person.do("orderCancel", "k-1", order="N")
    assert refusal == Refusal("TRY_AGAIN", "later")
    assert refusal.is_for_now
    assert not Refusal("STEP_REFUSED", "no").is_for_now


@pytest.mark.parametrize("trouble", [httpx.Response(503, text="no"), httpx.ConnectError("refused")])
async def test_an_api_that_does_not_answer_is_unavailable(api, person, trouble):
    api.answer = trouble
    with pytest.raises(Unavailable):
        await person.ask("{ x }")


async def test_an_error_of_graphql_is_not_hidden(api, person):
    api.answer = httpx.Response(400, json={"errors": [{"message": "no field x"}]})
    with pytest.raises(Misunderstood, match="no field x"):
        await person.ask("{ x }")


async def test_many_orders_are_looked_at_in_queries_of_limited_size(api, person):
    numbers = [f"N-{number}" for number in range(ORDERS_PER_QUERY + 1)]
    api.answer = httpx.Response(200, json={"data": {"o0": {"number": "N-0"}, "o1": None}})
    assert await person.look_at(numbers, "status") == {"N-0": {"number": "N-0"}}
    assert len(api.asked) == 2
    assert json.loads(api.asked[0].content)["query"].count("order(") == ORDERS_PER_QUERY
