"""The home: its kinds, its keys, its ports."""

import socket
import stat
from pathlib import Path

import pytest

from orderloom.embedded.ports import FIRST_PORT, HOST, LAST_PORT, free_port, is_free
from orderloom.errors import Refused
from orderloom.home import Home, HomeKind, home_path
from orderloom.plan import Planner
from orderloom.settings import load_settings


@pytest.fixture
def bare_environment(monkeypatch, tmp_path):
    """No setting of the machine's own reaches the plan."""
    for name in ("DATABASE_URL", "ORDERLOOM_HOME", "TEMPORAL_ADDRESS", "TEMPORAL_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


def _plan(home: Home, **rest):
    planner = Planner(home, load_settings(home=home.path))
    return planner.plan(**{"simulators": False, "port": None, **rest})


def test_keys_are_generated_once_and_readable_by_the_owner_only(tmp_path):
    home = Home.create(tmp_path / "home", HomeKind.REAL)
    keys = home.keys()
    assert stat.S_IMODE((home.path / "keys.json").stat().st_mode) == 0o600
    assert Home.create(home.path, HomeKind.REAL).keys() == keys
    assert set(keys["webhook_secrets"]) == {"payment", "warehouse", "carrier"}
    assert all(secret.startswith("whsec_") for secret in keys["channel_secrets"].values())
    assert keys["simulator_keys"] == {}


def test_only_a_simulated_home_has_keys_of_simulators(tmp_path):
    keys = Home.create(tmp_path / "home", HomeKind.SIMULATED).keys()["simulator_keys"]
    assert set(keys) == {"payment", "warehouse", "carrier", "channel"}
    assert all(key.startswith("sim_") for key in keys.values())


@pytest.mark.parametrize(
    ("kind", "other", "words"),
    [
        (HomeKind.REAL, HomeKind.SIMULATED, "is a real home: simulators never run in it"),
        (HomeKind.SIMULATED, HomeKind.REAL, "is a simulated home: start it with --simulators"),
    ],
)
def test_a_home_stays_of_its_kind(tmp_path, kind, other, words):
    Home.create(tmp_path / "home", kind)
    with pytest.raises(Refused, match=words):
        Home.create(tmp_path / "home", other)
    assert Home(tmp_path / "home").kind() is kind


def test_a_home_that_cannot_be_created_or_read_is_refused(tmp_path):
    with pytest.raises(Refused, match=r"cannot become a home\. .*new: "):
        Home.create(Path("/proc/new"), HomeKind.REAL)
    (tmp_path / "home.json").mkdir()
    with pytest.raises(Refused, match=r"home\.json cannot be read: Is a directory\."):
        Home(tmp_path).kind()


@pytest.mark.parametrize("written", ['{"kind": "pretended"}', '{"created_at": "2026"}'])
def test_a_home_of_a_kind_that_there_is_not_is_refused(tmp_path, written):
    (tmp_path / "home.json").write_text(written)
    with pytest.raises(Refused, match=r"home\.json does not say whether"):
        Home(tmp_path).kind()


def test_the_default_homes_of_both_kinds_differ(monkeypatch, tmp_path):
    monkeypatch.delenv("ORDERLOOM_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    assert home_path() == tmp_path / ".orderloom"
    assert home_path(simulated=True) == tmp_path / ".orderloom-simulated"
    monkeypatch.setenv("ORDERLOOM_HOME", "elsewhere")
    assert home_path(simulated=True) == tmp_path / "elsewhere"
    assert home_path(Path("given")) == tmp_path / "given"


def test_ports_lie_below_those_the_kernel_gives_to_clients():
    assert FIRST_PORT <= free_port() <= LAST_PORT < 32768


@pytest.mark.usefixtures("bare_environment")
def test_ports_are_the_same_again_unless_they_are_taken(tmp_path):
    home = Home.create(tmp_path / "home", HomeKind.SIMULATED)
    _plan(home, simulators=True)
    first = home.ports()
    assert len(set(first.values())) == len(first) >= 8
    with socket.create_server((HOST, first["temporal"])):
        _plan(home, simulators=True)
    second = home.ports()
    assert {name for name in first if first[name] != second[name]} == {"temporal"}


@pytest.mark.usefixtures("bare_environment")
def test_the_api_takes_8000_else_a_free_port_but_a_port_asked_for_or_none(tmp_path, monkeypatch):
    home = Home.create(tmp_path / "home", HomeKind.REAL)
    taken = free_port()
    monkeypatch.setattr("orderloom.plan.API_PORT", taken)
    assert _plan(home).addresses["api_port"] == taken
    with socket.create_server((HOST, taken)):
        chosen = _plan(home).addresses["api_port"]
        assert chosen != taken
        assert is_free(chosen)
        with pytest.raises(Refused, match=f"Port {taken} is taken"):
            _plan(home, port=taken)


@pytest.mark.usefixtures("bare_environment")
def test_all_stages_together_stop_within_fifteen_seconds(tmp_path):
    home = Home.create(tmp_path / "home", HomeKind.SIMULATED)
    graces: dict[int, float] = {}
    for part in _plan(home, simulators=True).parts:
        if not part.once:
            graces[part.stop_stage] = max(part.grace_seconds, graces.get(part.stop_stage, 0))
    assert len(graces) == 5
    assert sum(graces.values()) <= 14.0


@pytest.mark.usefixtures("bare_environment")
def test_a_database_and_a_temporal_server_of_the_operators_own_are_used_not_started(
    tmp_path, monkeypatch
):
    home = Home.create(tmp_path / "home", HomeKind.REAL)
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:secret@db.example/orders")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example:7233")
    plan = _plan(home)
    assert [part.name for part in plan.parts] == ["migrate", "worker", "relay", "api"]
    assert set(plan.addresses) == {"api_port"}
    assert [note.split() for note in plan.notes] == [
        ["postgres", "external", "db.example/orders"],
        ["temporal", "external", "temporal.example:7233"],
    ]
