"""The folder that settlement files come in: `<kind>.<party>.<payout>.csv` or `.xlsx`.

What was taken in goes to `processed/`, what cannot be read to `failed/` with the reasons beside it.
Moving is the last thing that happens to a file, after finance was told of what cannot be read: so
whoever is killed before takes it again, which changes nothing.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from adapters.settlements.files import NO_NAMES, SUFFIXES, SettlementFile, read_settlement
from domain.errors import Malformed, Refusal
from domain.settlement import PartyKind
from ports.settlements import Collected, Settlements

PROCESSED, FAILED, COLUMNS = "processed", "failed", "columns.json"
FILES_MAX = 1_000  # of one run; the next takes the rest
PARTY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class SettlementFolder:
    """See `ports.settlements.SettlementInbox`. Without a folder nothing ever waits. A file that is
    still being written has a name that begins with a point.
    """

    def __init__(self, folder: Path | None, settlements: Settlements) -> None:
        self._folder = folder
        self._settlements = settlements

    async def collect(self) -> Collected:
        found = Collected()
        for path in await asyncio.to_thread(self._waiting):
            found = await self._take(path, found)
        return found

    def _waiting(self) -> list[Path]:
        if self._folder is None or not self._folder.is_dir():
            return []
        files = (
            path
            for path in self._folder.iterdir()
            if path.suffix.lower() in SUFFIXES and path.name[0] != "." and path.is_file()
        )
        return sorted(files)[:FILES_MAX]

    async def _take(self, path: Path, so_far: Collected) -> Collected:
        try:
            file = await asyncio.to_thread(_read, path)
            new = await self._settlements.take_in(file.settlement, file.name, file.sha256)
        except FileNotFoundError:  # another worker was faster
            return so_far
        except OSError as error:  # it stays where it is, and holds up no other
            return await self._tell_unreadable(path, error, so_far)
        except Refusal as refusal:
            return await self._refuse(path, shown(refusal.message), so_far)
        await asyncio.to_thread(_move, path, PROCESSED)
        return Collected(so_far.taken + new, so_far.known + (not new), so_far.refused)

    async def _tell_unreadable(self, path: Path, error: OSError, so_far: Collected) -> Collected:
        name = hashlib.sha256(str(path).encode(errors="replace")).hexdigest()
        why = f"it cannot be read ({error.strerror}): the worker's user has to be allowed to"
        await self._settlements.tell_refused(shown(path.name), name, why)
        return Collected(so_far.taken, so_far.known, so_far.refused + 1)

    async def _refuse(self, path: Path, why: str, so_far: Collected) -> Collected:
        try:
            sha256 = await asyncio.to_thread(_sha256, path)
        except FileNotFoundError:  # another worker was faster
            return so_far
        await self._settlements.tell_refused(shown(path.name), sha256, why)
        await asyncio.to_thread(_lay_aside, path, why)
        return Collected(so_far.taken, so_far.known, so_far.refused + 1)


def shown(words: str) -> str:
    """A file's name may have bytes that are no text: they are shown as such."""
    return words.encode(errors="backslashreplace").decode()


def named_party(name: str) -> tuple[PartyKind, str, str]:
    """(kind, party, payout) by a file's name. Refuses (`Malformed`) any other name."""
    kind, _, rest = Path(name).stem.partition(".")
    party, _, payout = rest.partition(".")
    if not payout:
        raise Malformed(f"{name} is not named <kind>.<party>.<payout>, as provider.acme.2026-11-02")
    return *party_of(f"{kind}:{party}"), payout


def party_of(text: str) -> tuple[PartyKind, str]:
    """As `provider:acme`. Refuses (`Malformed`) what is no such thing."""
    kind, _, party = text.partition(":")
    if kind not in set(PartyKind) or not PARTY.fullmatch(party):
        raise Malformed(
            f"{text!r} is no party: provider, carrier, channel or bank, and its name in small "
            "letters, digits, - and _, as provider:acme"
        )
    return PartyKind(kind), party


def names_of_columns(folder: Path, kind: PartyKind, party: str) -> Mapping[str, str]:
    """What the party calls its columns, by `columns.json` in the folder: `{"provider.acme":
    {"reference": "Charge ID"}}`. Refuses (`Malformed`) a file that is no such thing.
    """
    path = folder / COLUMNS
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return NO_NAMES
    except ValueError as error:
        raise Malformed(f"{path} is no JSON: {error}") from error
    names = told.get(f"{kind}.{party}", NO_NAMES) if isinstance(told, dict) else None
    if not isinstance(names, Mapping) or not all(isinstance(name, str) for name in names.values()):
        raise Malformed(f"{path} does not say by party which of our columns is which of theirs")
    return names


def _read(path: Path) -> SettlementFile:
    kind, party, payout = named_party(path.name)
    return read_settlement(path, kind, party, payout, names_of_columns(path.parent, kind, party))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _lay_aside(path: Path, why: str) -> None:
    place = path.parent / FAILED
    place.mkdir(exist_ok=True)
    (place / f"{path.name}.txt").write_text(f"{why}\n", encoding="utf-8")
    _move(path, FAILED)


def _move(path: Path, place: str) -> None:
    folder = path.parent / place
    folder.mkdir(exist_ok=True)
    with suppress(FileNotFoundError):  # another worker was faster
        path.replace(folder / path.name)
