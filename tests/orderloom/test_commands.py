"""The command line, as its user meets it."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from joserfc import jwt

from orderloom.cli import COMMANDS
from orderloom.home import Home, HomeKind
from orderloom.tokens import signing_key

HEAVY = {"temporalio", "sqlalchemy", "fastapi", "strawberry", "pydantic", "structlog", "joserfc"}
TOKEN = "token --name ana --role agent"


def _run(
    *arguments: str, folder: Path | None = None, **environment: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "orderloom", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "200", **environment},
    )


def _texts(value):
    """Every text in a nest of objects."""
    if isinstance(value, str):
        return [value]
    return [text for inner in value.values() for text in _texts(inner)]


@pytest.fixture
def home(tmp_path):
    return Home.create(tmp_path / "home", HomeKind.SIMULATED)


def test_building_the_help_imports_nothing_heavy():
    code = "import sys, orderloom.cli as cli; cli.build(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY.isdisjoint(done.stdout.split())


def test_help_lists_every_command():
    done = _run("--help")
    assert done.returncode == 0
    for commands in COMMANDS.values():
        for name in commands:
            assert f"│ {name} " in done.stdout


def test_a_token_says_who_may_do_what_until_when(home):
    done = _run(
        "token", "--home", str(home.path), "--name", "ana", "--role", "agent", "--role", "finance",
        "--expires-hours", "2",
    )  # fmt: skip
    claims = jwt.decode(
        done.stdout.strip(), signing_key(home.keys()["server_key"]), algorithms=["HS256"]
    ).claims
    assert {name: claims[name] for name in ("iss", "aud", "sub", "roles")} == {
        "iss": "orderloom",
        "aud": "orderloom-api",
        "sub": "ana",
        "roles": ["agent", "finance"],
    }
    assert claims["exp"] - claims["iat"] == 7200
    assert abs(claims["iat"] - datetime.now(UTC).timestamp()) < 60


def test_a_token_of_a_channel_and_a_person_is_refused_as_the_api_would(home):
    done = _run(*TOKEN.split(), "--role", "channel", "--home", str(home.path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "orderloom: A token is a channel's or a person's, not both: --role channel stands alone.\n"
    )


@pytest.mark.parametrize("name", ["", " ", "ana\n", "a\x1b[2Jna", "a" * 201])
def test_a_name_that_would_garble_the_audit_trail_is_refused(home, name):
    done = _run("token", "--name", name, "--role", "agent", "--home", str(home.path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("orderloom: --name has to be a line of text")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("channel", "known"), [("web", True), ("channel:pos", True), ("tv", False)]
)
def test_a_token_for_a_channel_without_a_secret_comes_with_a_warning(home, channel, known):
    done = _run("token", "--name", channel, "--role", "channel", "--home", str(home.path))
    assert done.returncode == 0
    claims = jwt.decode(done.stdout.strip(), signing_key(home.keys()["server_key"])).claims
    assert (claims["sub"], claims["roles"]) == (channel, ["channel"])
    assert done.stderr == (
        ""
        if known
        else "orderloom: the settings have no secret for a channel 'tv' (known: pos, web). "
        "The token is good for GraphQL; signed intake needs a secret.\n"
    )


def test_doctor_masks_every_secret_and_names_what_it_cannot_reach(home):
    database = "postgresql://me:hidden-word@127.0.0.1:1/orders"
    done = _run("doctor", "--home", str(home.path), "--json", DATABASE_URL=database)
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert found["healthy"] is False
    assert found["settings"]["server_key"] == "**********"
    assert found["settings"]["database_url"].startswith("postgresql+psycopg://me:**********@")
    assert found["reachable"]["database"]["ok"] is False
    assert found["reachable"]["temporal"] == {"ok": None, "detail": "not configured"}
    assert found["reachable"]["events"] == {"ok": None, "detail": "not configured"}
    assert found["versions"]["temporalio"]
    secrets = [*_texts(home.keys()), "hidden-word"]
    assert len(secrets) == 12
    assert [secret for secret in secrets if secret in done.stdout + done.stderr] == []


def test_doctor_tells_the_same_to_people(home):
    nobody = "postgresql://me@127.0.0.1:1/orders"  # an API at the default port may be another's
    done = _run("doctor", "--home", str(home.path), DATABASE_URL=nobody)
    assert done.returncode == 1
    assert "Versions" in done.stdout
    assert home.keys()["server_key"] not in done.stdout


def test_doctor_cuts_nothing_off(home):
    database = f"postgresql+psycopg://me@127.0.0.1:1/{'orders' * 30}"
    in_a_pipe = _run("doctor", "--home", str(home.path), DATABASE_URL=database, COLUMNS="")
    assert database in in_a_pipe.stdout
    narrow = _run("doctor", "--home", str(home.path), DATABASE_URL=database, COLUMNS="60")
    assert max(len(line) for line in narrow.stdout.splitlines()) <= 60
    assert database in "".join(narrow.stdout.split())


def test_doctor_without_a_home_and_without_settings_says_so_and_looks_for_nothing(tmp_path):
    done = _run("doctor", folder=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"orderloom: There is no home in {tmp_path / '.orderloom'}, and nothing is set in the "
        "environment. Choose a home with --home; `orderloom up` creates one.\n"
    )


def test_doctor_without_a_home_shows_what_the_environment_sets(tmp_path):
    database = "postgresql://me@127.0.0.1:1/orders"
    done = _run("doctor", "--json", folder=tmp_path, DATABASE_URL=database)
    found = json.loads(done.stdout)
    assert found["settings"]["kind"] is None
    assert found["reachable"]["database"]["ok"] is False


def test_after_make_run_every_command_finds_its_home_and_says_so(tmp_path):
    home = Home.create(tmp_path / ".orderloom-simulated", HomeKind.SIMULATED)
    done = _run(*TOKEN.split(), folder=tmp_path)
    assert done.returncode == 0
    assert jwt.decode(done.stdout.strip(), signing_key(home.keys()["server_key"]))
    assert done.stderr == (
        "orderloom: the home is .orderloom-simulated, since there is no .orderloom.\n"
    )


@pytest.mark.parametrize("named", ["ORDERLOOM_HOME", "DATABASE_URL", None])
def test_the_simulated_home_is_not_guessed_when_there_is_another_choice(tmp_path, named):
    Home.create(tmp_path / ".orderloom-simulated", HomeKind.SIMULATED)
    if named is None:
        Home.create(tmp_path / ".orderloom", HomeKind.REAL)
    done = _run(
        "doctor",
        "--json",
        folder=tmp_path,
        **({named: "postgresql://127.0.0.1:1/x"} if named else {}),
    )
    assert ".orderloom-simulated" not in done.stdout + done.stderr


def test_a_refusal_is_one_line_without_a_traceback(home):
    done = _run("up", "--home", str(home.path))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"orderloom: {home.path} is a simulated home: start it with --simulators, "
        "or choose another with --home.\n"
    )


@pytest.mark.parametrize(
    "command",
    ["up --port 65536", "run --port 0", "api --port -1", "simulators --first-port 65533"],
)
def test_a_port_that_there_is_not_is_refused_before_anything_is_created(tmp_path, command):
    done = _run(*command.split(), "--home", str(tmp_path / "home"))
    assert done.returncode == 2
    assert done.stdout == ""
    assert "port': Input should be" in done.stderr
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("beneath", ["", "home"])
@pytest.mark.parametrize(
    "command",
    ["up", "run", "demo", "doctor", "audit", "outbox", "worker", "cost 1", TOKEN],
)
def test_a_home_that_is_a_file_is_refused_and_left_alone(tmp_path, command, beneath):
    file = tmp_path / "file"
    file.write_text("mine")
    done = _run(*command.split(), "--home", str(file / beneath))
    assert done.returncode == 1
    assert done.stdout == ""
    refused = f"{file / beneath} cannot be a home: {file} is no folder. Choose another."
    assert done.stderr == f"orderloom: {refused}\n"
    assert file.read_text() == "mine"


def test_a_part_alone_says_what_it_lacks(home):
    done = _run("migrate", "--home", str(home.path))
    assert done.returncode == 1
    assert done.stderr.startswith("orderloom: No database is known in")
