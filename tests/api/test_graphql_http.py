"""`/graphql` by the GraphQL-over-HTTP specification, and within its limits."""

import pytest

from api.graphql import sdl
from api.graphql.media_type import LEGACY, RESPONSE, preferred
from api.graphql.schema import schema


async def post(client, bearer, body, accept: str = RESPONSE, **headers: str):
    given = {**bearer("agent"), "accept": accept, **headers}
    return await client.http.post("/graphql", json=body, headers=given)


def test_the_written_schema_is_current():
    assert sdl.FILE.read_text() == sdl.text(), "renew it: python -m api.graphql.sdl"


def test_every_type_field_and_argument_has_a_description():
    bare = []
    for name, kind in schema._schema.type_map.items():
        if name.startswith("__") or name in ("String", "Int", "Float", "Boolean", "ID"):
            continue
        if not kind.description:
            bare.append(name)
        for field_name, field in getattr(kind, "fields", {}).items():
            if not field.description:
                bare.append(f"{name}.{field_name}")
            bare += [
                f"{name}.{field_name}({argument})"
                for argument, given in getattr(field, "args", {}).items()
                if not given.description and argument != "input"
            ]
    assert bare == []


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", LEGACY),
        ("*/*", LEGACY),
        ("text/html", LEGACY),
        ("application/json", LEGACY),
        (RESPONSE, RESPONSE),
        (f"{RESPONSE}, application/json", RESPONSE),
        (f"application/json, {RESPONSE}", LEGACY),
        (f"{RESPONSE};q=0.5, application/json;q=0.9", LEGACY),
        (f"application/json;q=0.5, {RESPONSE}", RESPONSE),
        (f"{RESPONSE};q=0, */*", LEGACY),
        (f"{RESPONSE};q=abc", LEGACY),
    ],
)
def test_the_media_type_is_negotiated(accept, expected):
    assert preferred(accept) == expected


@pytest.mark.parametrize(
    "body",
    [
        {"query": "{"},
        {"query": "{ nothing }"},
        {"query": "query($n: ID!) { order(number: $n) { number } }"},
        {"query": "query($n: ID!) { order(number: $n) { number } }", "variables": {"n": []}},
        {"query": "{ __typename } { __typename }"},
    ],
    ids=["syntax", "validation", "missing variable", "wrong variable", "two anonymous"],
)
async def test_a_request_error_is_400_without_data(client, bearer, body):
    answer = await post(client, bearer, body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == f"{RESPONSE}; charset=utf-8"
    assert answer.json()["errors"][0]["message"]
    assert "data" not in answer.json()


async def test_the_older_media_type_answers_200_to_a_request_error(client, bearer):
    answer = await post(client, bearer, {"query": "{ nothing }"}, accept=LEGACY)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{LEGACY}; charset=utf-8"
    assert "data" not in answer.json()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": 5},
        {"query": "{ __typename }", "variables": []},
        {"query": "{ __typename }", "operationName": 5},
        {"query": "{ __typename }", "extensions": "x"},
        [{"query": "{ __typename }"}],
    ],
    ids=range(6),
)
async def test_a_request_that_is_none_is_a_400_problem(client, bearer, body):
    answer = await post(client, bearer, body)
    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/bad-request"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("null", "The JSON must be an object."),
        ('"query"', "The JSON must be an object."),
        ("5", "The JSON must be an object."),
        ("[]", "Batches are not supported."),
        ("{", "That is not JSON: Expecting property name"),
        ('{"query": "{ __typename }", "variables": ' + "[" * 100_000, "nested too deeply"),
        ('{"query": "{ __typename }", "variables": {"n": ' + "9" * 5_000 + "}}", "not JSON"),
        (b'{"query": "\xff"}', "not JSON"),
        ('{"query": "{ __typename }", "operationName": "\\ud800"}', "half a surrogate pair"),
    ],
    ids=range(9),
)
async def test_json_that_is_no_request_is_a_400_problem(client, bearer, body, why):
    headers = {**bearer("agent"), "content-type": "application/json"}
    answer = await client.http.post("/graphql", content=body, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-request")
    assert why in answer.json()["detail"]


async def test_variables_by_get_are_an_object_or_null(client, bearer):
    for variables, status in (("null", 200), ("{}", 200), ("[]", 400), ("5", 400), ("{", 400)):
        params = {"query": "{ __typename }", "variables": variables}
        answer = await client.http.get("/graphql", params=params, headers=bearer("agent"))
        assert (variables, answer.status_code) == (variables, status)


async def test_queries_may_be_asked_by_get_and_mutations_not(client, bearer, office):
    headers = bearer("agent")
    asked = await client.http.get("/graphql", params={"query": "{ __typename }"}, headers=headers)
    assert asked.json() == {"data": {"__typename": "Query"}}
    mutation = 'mutation { orderApprove(input: {order: "A", idempotencyKey: "k"}) { __typename } }'
    refused = await client.http.get("/graphql", params={"query": mutation}, headers=headers)
    assert refused.status_code == 400
    assert office.commands.stored == {}


async def test_a_browser_gets_graphiql_that_loads_from_nowhere_else(client):
    page = await client.http.get("/graphql", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "://" not in page.text
    assert "script-src 'self';" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("{" + " ".join(f"a{n}: __typename" for n in range(31)) + "}", "aliases"),
        ("{" + " __typename" * 2_001 + "}", "token"),
    ],
    ids=["aliases", "tokens"],
)
async def test_a_query_beyond_a_limit_is_not_executed(client, bearer, query, says):
    answer = await post(client, bearer, {"query": query})
    assert answer.status_code == 400
    assert says in answer.json()["errors"][0]["message"].lower()


async def test_a_large_body_is_413(client, bearer):
    answer = await post(client, bearer, {"query": "{ __typename }", "x": "y" * 1_100_000})
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")
