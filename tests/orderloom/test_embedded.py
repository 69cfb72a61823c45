"""The embedded servers lose nothing when they are killed, and nothing survives who started them."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from orderloom.diagnosis import diagnose
from orderloom.embedded.postgres import EmbeddedPostgres
from orderloom.embedded.temporal import EmbeddedTemporal
from orderloom.settings import Settings

STARTS_AND_DIES = """
import os, signal, sys
from pathlib import Path
from orderloom.embedded.guardian import start_guardian
from orderloom.diagnosis import diagnose
from orderloom.embedded.postgres import EmbeddedPostgres
from orderloom.embedded.temporal import EmbeddedTemporal
folder = Path(sys.argv[1])
start_guardian(folder)
EmbeddedPostgres(folder / "postgres", password="test", durable=False).start()
EmbeddedTemporal(folder / "temporal").start()
print("started", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the system user of PostgreSQL can get to (pytest's own folders are closed)."""
    with tempfile.TemporaryDirectory(prefix="olm-", dir="/tmp", ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.fixture
def durable(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder / "postgres", password="right")
    server.start()
    yield server
    server.stop()


def _query(server: EmbeddedPostgres, statement: str) -> list[tuple]:
    with psycopg.connect(server.url().replace("+psycopg", "")) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_postgres_keeps_what_was_committed_when_it_is_killed(durable):
    _query(durable, "CREATE TABLE sold AS SELECT 42 AS units")
    os.kill(durable.pid, signal.SIGKILL)
    durable.start()
    assert _query(durable, "SELECT units FROM sold") == [(42,)]


def test_postgres_starts_although_another_program_got_the_pid_in_its_stale_pid_file(durable):
    pid_file = durable.folder / "data" / "postmaster.pid"
    os.kill(durable.pid, signal.SIGKILL)
    lines = pid_file.read_text().splitlines()
    durable.stop()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        pid_file.write_text("\n".join([str(bystander.pid), *lines[1:]]) + "\n")
        durable.start()
        assert bystander.poll() is None
    assert _query(durable, "SELECT 1") == [(1,)]


def test_postgres_is_durable_private_and_in_utc(durable):
    settings = dict(_query(durable, "SELECT name, setting FROM pg_settings"))
    assert settings["listen_addresses"] == "127.0.0.1"
    assert settings["TimeZone"] == "UTC"
    for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
        assert settings[name] == "on"
    wrong = EmbeddedPostgres(durable.folder, password="wrong", port=durable.port)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        _query(wrong, "SELECT 1")


async def test_temporal_keeps_a_workflow_when_it_is_killed(folder):
    server = EmbeddedTemporal(folder, ui=False)
    server.start()
    name = f"order/{uuid4()}"
    client = await Client.connect(server.address)
    await client.start_workflow("Order", id=name, task_queue="nobody")
    os.kill(server.pid, signal.SIGKILL)
    server.start()
    description = await client.get_workflow_handle(name).describe()
    server.stop()
    assert description.status is WorkflowExecutionStatus.RUNNING


def test_the_guardian_ends_the_servers_of_a_killed_program(eventually, processes_of):
    folder = Path(tempfile.mkdtemp(prefix="olm-", dir="/tmp"))
    done = subprocess.run(
        [sys.executable, "-c", STARTS_AND_DIES, str(folder)],
        stdout=subprocess.PIPE,
        check=False,
        text=True,
    )
    assert (done.stdout, done.returncode) == ("started\n", -signal.SIGKILL)
    eventually(lambda: not folder.exists())
    eventually(lambda: processes_of(folder) == [])


def test_doctor_says_what_a_temporal_of_ones_own_lacks(folder, monkeypatch):
    monkeypatch.setattr("orderloom.embedded.temporal.SEARCH_ATTRIBUTES", ())
    bare = EmbeddedTemporal(folder / "temporal", ui=False)
    bare.start()
    try:
        settings = Settings(home=folder, temporal_address=bare.address)
        found = diagnose(settings).reachable["temporal"]
    finally:
        bare.stop()
    assert found.ok is False
    assert "lacks OrderChannel" in found.detail
    assert "temporal operator search-attribute create" in found.detail
