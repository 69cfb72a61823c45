"""What surrounds every answer: health, security headers, request ids, methods."""

import pytest
from structlog.testing import capture_logs

from api.middleware import SECURITY_HEADERS


async def test_the_process_is_up(client):
    assert (await client.http.get("/healthz")).json() == {"status": "up"}


async def test_it_is_ready_when_the_database_answers(client):
    answer = await client.http.get("/readyz")
    expected = {"status": "ready", "database": "answers", "temporal": "answers"}
    assert (answer.status_code, answer.json()) == (200, expected)


async def test_it_is_ready_without_temporal_since_placing_works(client, office):
    office.engine = RuntimeError("no server")
    answer = await client.http.get("/readyz")
    assert (answer.status_code, answer.json()["temporal"]) == (200, "does not answer")


async def test_it_is_not_ready_without_the_database_and_does_not_say_where_that_is(client, office):
    office.database = RuntimeError("postgresql://user:secret@db")
    answer = await client.http.get("/readyz")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/not-ready")
    assert answer.json()["database"] == "does not answer"
    assert "secret" not in answer.text


@pytest.mark.parametrize("path", ["/healthz", "/nothing", "/intake/web"])
async def test_every_answer_has_the_security_headers_and_a_request_id(client, path):
    answer = await client.http.get(path)
    assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert len(answer.headers["x-request-id"]) == 16


async def test_a_wrong_method_is_a_problem_that_names_the_right_one(client):
    answer = await client.http.get("/intake/web")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["type"] == "/problems/method-not-allowed"


async def test_an_exception_is_logged_under_the_request_id_without_the_path(client, office):
    office.reads.fails = RuntimeError("boom")
    office.intake.fails = RuntimeError("boom")
    body = {"order": "A", "currency": "USD", "lines": [{"sku": "1082185", "quantity": 1}]}
    body["ship_to"] = {"name": "", "line1": "", "city": "", "country": "US"}
    body["payment"] = {"method": "card", "source": "tok_ok"}
    with capture_logs() as logs:
        answer = await client.signed("/intake/web", body)
    assert answer.status_code == 500
    (line,) = [line for line in logs if line["event"] == "request.failed"]
    assert line["method"] == "POST"
    assert "/intake" not in str({k: v for k, v in line.items() if k != "exc_info"})
