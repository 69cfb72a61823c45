"""Every refusal of the domain has its GraphQL code and its problem type, and each its page."""

import json

import httpx
import pytest
from markupsafe import escape

from api.graphql.schema import schema
from api.problems import MEDIA_TYPE
from api.refusals import PROBLEM_OF, UserErrorCode, all_problems, problem_of
from domain.errors import Refusal, refusal_of
from orderloom.server import compose
from tests.api.fakes import Office


def refusals(kind: type[Refusal] = Refusal) -> list[type[Refusal]]:
    found = [kind]
    for each in kind.__subclasses__():
        found += refusals(each)
    return found


@pytest.mark.parametrize("kind", refusals(), ids=lambda kind: kind.__name__)
def test_every_refusal_has_its_code_and_its_problem_type(kind: type[Refusal]):
    code = UserErrorCode(kind.code)
    problem = problem_of(refusal_of(kind.code, "because"))
    assert problem is PROBLEM_OF[code]
    assert problem.type == f"/problems/{problem.slug}"
    assert problem.slug == code.value.lower().replace("_", "-")
    assert 400 <= problem.status <= 599


def test_every_code_is_in_the_schema():
    in_schema = schema.as_str().partition("enum UserErrorCode {")[2].partition("}")[0].split()
    assert in_schema == [code.value for code in UserErrorCode]


def test_no_two_problems_share_a_page():
    slugs = [problem.slug for problem in all_problems()]
    assert len(slugs) == len(set(slugs))


@pytest.mark.parametrize("problem", all_problems(), ids=lambda problem: problem.slug)
async def test_every_problem_type_resolves_to_a_page_that_says_what_to_do(problem, office: Office):
    transport = httpx.ASGITransport(compose(office.books, office.doors))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        page = await http.get(problem.type)
    assert page.status_code == 200
    assert escape(problem.title) in page.text
    assert problem.slug in page.text


async def test_an_unknown_address_is_a_problem_too(client):
    answer = await client.http.get("/nothing-here")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert json.loads(answer.text)["type"] == "/problems/no-such-page"
