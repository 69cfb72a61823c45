"""The append-only JSONL journal: a line is on disk before anything it caused leaves the house.

Writers do not wait one by one. They append in memory and `await synced()`; everything appended
while the disk was busy goes into the next write, so one fsync serves the whole crowd.
"""

import asyncio
import fcntl
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from simulators.kit.wire import dumps

Line = dict[str, Any]


class Journal:
    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock()
        _sync_folder(path.parent)
        self._disk = ThreadPoolExecutor(1, "journal")
        self._lines: list[str] = []
        self._next: asyncio.Future[None] | None = None
        self._writing: asyncio.Future[None] | None = None
        self._writer: asyncio.Task[None] | None = None

    def read(self) -> Iterator[Line]:
        """Every whole line so far; a torn last one was never acknowledged and is cut off first."""
        self._cut_torn_tail()
        with self._path.open("rb") as file:
            for line in file:
                yield json.loads(line)

    def append(self, line: Line) -> None:
        self._lines.append(dumps(line))
        loop = asyncio.get_running_loop()
        if self._next is None:
            self._next = loop.create_future()
        if self._writer is None:
            self._writer = loop.create_task(self._write_behind())

    async def synced(self) -> None:
        """Returns when every line appended so far is on disk."""
        if pending := self._next or self._writing:
            await asyncio.shield(pending)  # many wait for it: one that gives up leaves it be

    async def close(self) -> None:
        await self.synced()
        self._disk.shutdown()
        os.close(self._file)

    def _lock(self) -> None:
        """Two writers would each believe in a state that the other has changed."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SystemExit(f"{self._path} is already open in another program") from error

    async def _write_behind(self) -> None:
        loop = asyncio.get_running_loop()
        while done := self._next:
            lines, self._lines = self._lines, []
            self._writing, self._next = done, None
            await loop.run_in_executor(self._disk, self._write, lines)
            self._writing = None
            done.set_result(None)
        self._writer = None

    def _write(self, lines: list[str]) -> None:
        data = memoryview(("\n".join(lines) + "\n").encode())
        try:
            while data:
                data = data[os.write(self._file, data) :]
            os.fdatasync(self._file)
        except OSError as error:
            # Nobody may be answered any more; a restart reads what did get written.
            sys.stderr.write(f"cannot write {self._path}: {error}\n")
            os._exit(os.EX_IOERR)

    def _cut_torn_tail(self) -> None:
        whole = end = os.fstat(self._file).st_size
        while whole and os.pread(self._file, 1, whole - 1) != b"\n":
            whole -= 1
        if whole < end:
            os.ftruncate(self._file, whole)
            os.fsync(self._file)


def _sync_folder(folder: Path) -> None:
    """A new file's name is durable only when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
