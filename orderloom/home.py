"""The home: one data directory that holds all state of one installation.

``home.json`` says whether it is simulated or real, ``keys.json`` (0600) holds its generated keys,
``postgres/`` and ``temporal/`` the data, ``journals/`` what the simulators did,
``settlements/`` the files that wait to be reconciled, ``log/`` one file
per part, ``run/`` pid files, the lock and the addresses of the parts while they run.
"""

import fcntl
import json
import os
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from orderloom.errors import Refused
from orderloom.keys import generate_keys

HOME_VARIABLE = "ORDERLOOM_HOME"
DEFAULT_HOME = Path(".orderloom")
DEFAULT_SIMULATED_HOME = Path(".orderloom-simulated")


class HomeKind(StrEnum):
    """Chosen once, when the home is created: play money and real money never meet."""

    SIMULATED = "simulated"
    REAL = "real"


def home_path(given: Path | None = None, *, simulated: bool = False) -> Path:
    """The option, else ``ORDERLOOM_HOME``, else the default of the kind; absolute. Refuses what is
    no folder and cannot become one.
    """
    default = DEFAULT_SIMULATED_HOME if simulated else DEFAULT_HOME
    path = Path(given or os.environ.get(HOME_VARIABLE) or default).resolve()
    for place in (path, *path.parents):
        if _is_no_folder(place):
            raise Refused(f"{path} cannot be a home: {place} is no folder. Choose another.")
    return path


class Home:
    """Paths and small JSON files of one home. Opening reads; only `create` writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = path / "log"
        self.run = path / "run"
        self.journals = path / "journals"
        self.settlements = path / "settlements"
        self.postgres = path / "postgres"
        self.temporal = path / "temporal"
        self.addresses_file = self.run / "addresses.json"
        self.settings_file = path / "settings.json"
        self.simulators_file = path / "simulators.json"
        self._keys_file = path / "keys.json"
        self._ports_file = path / "ports.json"
        self._kind_file = path / "home.json"

    @classmethod
    def create(cls, path: Path, kind: HomeKind) -> "Home":
        """The home at `path`, created if absent. Refuses a home of the other kind."""
        home = cls(path)
        existing = home.kind()
        if existing is None:
            try:
                home._furnish(kind)
            except OSError as error:
                reason = f"{error.filename or path}: {error.strerror}"
                raise Refused(f"{path} cannot become a home. {reason}.") from error
        elif existing is not kind:
            raise Refused(_wrong_kind(path, existing))
        return home

    def kind(self) -> HomeKind | None:
        """None when there is no home at this path (yet)."""
        found = read_json(self._kind_file)
        if found and found.get("kind") not in list(HomeKind):
            raise Refused(f"{self._kind_file} does not say whether the home is simulated or real.")
        return HomeKind(found["kind"]) if found else None

    def keys(self) -> dict[str, Any]:
        """Generated keys, see `orderloom.keys`; empty when there is no home."""
        return read_json(self._keys_file)

    def ports(self) -> dict[str, int]:
        """Ports of the last run by name: chosen again when they are still free."""
        return read_json(self._ports_file)

    def remember_ports(self, ports: Mapping[str, int]) -> None:
        write_json(self._ports_file, {**self.ports(), **ports})

    def _furnish(self, kind: HomeKind) -> None:
        # When root runs it, PostgreSQL runs as another user and has to reach its own folder inside.
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
        for folder in (self.log, self.run, self.journals, self.settlements, self.temporal):
            folder.mkdir(mode=0o700, exist_ok=True)
        if not self._keys_file.exists():
            write_json(self._keys_file, generate_keys(simulated=kind is HomeKind.SIMULATED))
        # Last, so that a home killed while being furnished is furnished again.
        created_at = datetime.now(UTC).isoformat(timespec="seconds")
        write_json(self._kind_file, {"kind": kind, "created_at": created_at})


class HomeLock:
    """At most one supervisor per home. The kernel lets go of it when the holder dies."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Refuses, naming the holder, when another supervisor runs on this home."""
        self._home.run.mkdir(parents=True, exist_ok=True)
        lock = (self._home.run / "lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise Refused(
                f"Orderloom already runs on {self._home.path} (process {holder}). "
                "Stop it first, or choose another home with --home."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._file = lock

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def read_json(path: Path) -> dict[str, Any]:
    """The object in `path`; empty when there is no such file. Refuses what cannot be read or is
    no JSON object.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:  # no JSON, or no UTF-8
        raise Refused(f"{path} is not valid JSON: {error}") from error
    if not isinstance(found, dict):
        raise Refused(f"{path} has to hold a JSON object.")
    return found


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Whole or not at all, readable by the owner only."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _is_no_folder(path: Path) -> bool:
    try:
        return not stat.S_ISDIR(path.stat().st_mode)
    except OSError:  # not there, or behind what is no folder or closed to us: said elsewhere
        return False


def _wrong_kind(path: Path, kind: HomeKind) -> str:
    if kind is HomeKind.REAL:
        return f"{path} is a real home: simulators never run in it. Choose another with --home."
    return f"{path} is a simulated home: start it with --simulators, or choose another with --home."
