"""Bearer tokens: who comes in as whom, and what is told to those who do not."""

from datetime import timedelta

import pytest
from joserfc import jwt

from api.problems import Problem
from domain.access import Principal, Role
from orderloom.tokens import AUDIENCE, ISSUER, signing_key
from tests.api.fakes import NOW, SERVER_KEY, Office


def principal(office: Office, header: str | None) -> Principal:
    return office.doors.tokens.principal(header)


def token(**claims: object) -> str:
    usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ana", "roles": ["agent"]}
    exp = int((NOW + timedelta(hours=1)).timestamp())
    given = {"exp": exp, **usual, **claims}
    kept = {name: value for name, value in given.items() if value is not None}
    return "Bearer " + jwt.encode({"alg": "HS256"}, kept, signing_key(SERVER_KEY))


def test_a_token_of_the_command_line_names_the_person_and_the_roles(office, bearer):
    header = bearer("agent", "finance")["Authorization"]
    assert principal(office, header) == Principal("ana", frozenset({Role.AGENT, Role.FINANCE}))


@pytest.mark.parametrize("name", ["web", "channel:web"])
def test_a_channels_token_is_the_same_principal_as_its_signature(office, bearer, name):
    header = bearer("channel", name=name)["Authorization"]
    assert principal(office, header) == Principal("channel:web", frozenset({Role.CHANNEL}), "web")


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (None, "There is no"),
        ("", "There is no"),
        ("Basic YTpi", "There is no"),
        ("Bearer ", "There is no"),
        ("Bearer not.a.token", "The token is not valid"),
        ("Bearer \u00e9", "The token is not valid"),
        (token(exp=int(NOW.timestamp()) - 1), "The token has expired."),
        (token(exp=None), "The token is not valid: MissingClaimError."),
        (token(iss="else"), "The token is not valid: InvalidClaimError."),
        (token(aud="else"), "The token is not valid: InvalidClaimError."),
        (token(sub=""), "The token is not valid: InvalidClaimError."),
        (token(sub=7), "The token is not valid: InvalidClaimError."),
        (token(roles=None), "The token names no roles."),
        (token(roles=["agent", "king"]), "The token names roles that nobody can have: king."),
        (token(roles=["system"]), "The token names roles that nobody can have: system."),
        (token(roles=["customer"]), "The token names roles that nobody can have: customer."),
        (token(roles=["channel", "agent"]), "A token is a channel's or a person's, not both."),
        (token(roles=[["agent"]]), "The token names roles that nobody can have"),
    ],
)
def test_what_is_wrong_with_a_token_is_said(office, header, says):
    with pytest.raises(Problem) as refused:
        principal(office, header)
    assert refused.value.kind.status == 401
    assert refused.value.detail.startswith(says)


def test_another_servers_token_is_refused(office, bearer):
    header = bearer("supervisor", key="another key of some length")["Authorization"]
    with pytest.raises(Problem, match="BadSignatureError"):
        principal(office, header)


def test_an_unsigned_token_is_refused(office):
    body = token().removeprefix("Bearer ").split(".")[1]
    with pytest.raises(Problem, match="not valid"):
        principal(office, f"Bearer eyJhbGciOiJub25lIn0.{body}.")


async def test_graphql_without_a_token_is_401_and_says_how_to_get_one(client):
    answer = await client.http.post("/graphql", json={"query": "{ __typename }"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["type"] == "/problems/unauthenticated"
