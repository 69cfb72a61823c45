"""The folder of settlement files: each is taken in once and laid aside."""

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from adapters.postgres.settlements import PostgresSettlements
from adapters.settlements.folder import SettlementFolder, named_party, party_of
from domain.errors import Malformed
from domain.settlement import PartyKind
from ports.settlements import Collected

DAY = datetime.now(UTC).date().isoformat()
GOOD = f"kind,reference,gross,currency,occurred_at\ncharge,a,5.00,USD,{DAY}\n"
BAD = f"kind,reference,gross,currency,occurred_at\ncharge,a,x,USD,{DAY}\n"
NAME = "provider.acme.po-1.csv"


class Desk:
    def __init__(self, folder: Path, settlements: Any, run_sql: Any) -> None:
        self.folder, self.sql, self.settlements = folder, run_sql, settlements
        self.inbox = SettlementFolder(folder, settlements)

    def drop(self, name: str, content: str = GOOD) -> None:
        (self.folder / name).write_text(content)

    def lying(self) -> list[str]:
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return sorted(str(path.relative_to(self.folder)) for path in files)

    async def payouts(self) -> list[tuple[Any, ...]]:
        return await self.sql("SELECT kind, party, reference, file FROM settlement ORDER BY 3")


@pytest_asyncio.fixture
async def desk(tmp_path: Path, engine: Any, run_sql: Any) -> Desk:
    return Desk(tmp_path, PostgresSettlements(engine), run_sql)


async def test_a_file_is_taken_in_and_laid_aside(desk):
    desk.drop(NAME)
    desk.drop(".provider.acme.half.csv")
    assert await desk.inbox.collect() == Collected(taken=1)
    assert await desk.payouts() == [("provider", "acme", "po-1", NAME)]
    assert desk.lying() == [".provider.acme.half.csv", f"processed/{NAME}"]
    assert await desk.inbox.collect() == Collected()


async def test_whoever_was_killed_before_laying_it_aside_takes_it_again_and_changes_nothing(desk):
    desk.drop(NAME)
    await desk.inbox.collect()
    (desk.folder / "processed" / NAME).rename(desk.folder / NAME)
    assert await desk.inbox.collect() == Collected(known=1)
    assert len(await desk.payouts()) == 1
    assert await desk.sql("SELECT count(*)::int FROM settlement_line") == [(1,)]


async def test_two_workers_take_each_file_once(desk):
    for n in range(6):
        desk.drop(f"provider.acme.po-{n}.csv", GOOD.replace("5.00", f"{n + 1}.00"))
    found = await asyncio.gather(desk.inbox.collect(), desk.inbox.collect())
    assert sum(each.taken for each in found) == 6
    assert len(await desk.payouts()) == 6
    assert [name.split("/")[0] for name in desk.lying()] == ["processed"] * 6


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        (NAME, BAD, "line 2: gross 'x' is no amount"),
        ("what.csv", GOOD, "what.csv is not named <kind>.<party>.<payout>"),
        ("police.acme.1.csv", GOOD, "'police:acme' is no party"),
    ],
)
async def test_a_file_that_cannot_be_read_is_a_task_and_lies_beside_its_reasons(
    desk, name, content, why
):
    desk.drop(name, content)
    desk.drop("provider.acme.good.csv")
    assert await desk.inbox.collect() == Collected(taken=1, refused=1)
    [(reason, owner)] = await desk.sql("SELECT reason, owner FROM task")
    assert why in reason
    assert owner == "finance"
    assert why in (desk.folder / "failed" / f"{name}.txt").read_text()
    assert desk.lying() == [
        f"failed/{name}", f"failed/{name}.txt", "processed/provider.acme.good.csv"
    ]  # fmt: skip
    assert [row[2] for row in await desk.payouts()] == ["good"]


async def test_whoever_was_killed_before_laying_a_bad_file_aside_has_told_finance_and_tells_it_once(
    desk,
):
    desk.drop(NAME, BAD)
    (desk.folder / "failed").write_text("no folder: nothing can be laid aside")
    with pytest.raises(FileExistsError):
        await desk.inbox.collect()
    told = await desk.sql("SELECT subject, closed_at FROM task")
    assert told == [(NAME, None)]
    assert desk.lying() == ["failed", NAME]
    (desk.folder / "failed").unlink()
    assert await desk.inbox.collect() == Collected(refused=1)
    assert await desk.sql("SELECT subject, closed_at FROM task") == told
    assert desk.lying() == [f"failed/{NAME}", f"failed/{NAME}.txt"]


async def test_a_copy_by_another_name_or_saved_by_a_spreadsheet_is_the_same_file(desk):
    desk.drop(NAME)
    assert await desk.inbox.collect() == Collected(taken=1)
    desk.drop("provider.acme.copy of po-1.csv")
    saved = "\ufeffsep=;\r\n" + GOOD.replace(",", ";").replace("\n", "\r\n") + ";;;;\r\n"
    desk.drop("provider.acme.po-1 (2).csv", saved.replace("5.00", "5"))
    assert await desk.inbox.collect() == Collected(known=2)
    assert await desk.payouts() == [("provider", "acme", "po-1", NAME)]
    desk.drop("provider.other.po-1.csv")
    assert await desk.inbox.collect() == Collected(taken=1)


async def test_a_file_that_nobody_may_read_is_told_once_and_holds_up_no_other(desk, monkeypatch):
    desk.drop("provider.acme.a.csv")
    desk.drop("provider.acme.b.csv", GOOD.replace("5.00", "6.00"))
    read = Path.read_bytes

    def denied(path: Path) -> bytes:
        if path.name == "provider.acme.a.csv":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", denied)
    for taken in (1, 0):
        assert await desk.inbox.collect() == Collected(taken=taken, refused=1)
    [(subject, reason)] = await desk.sql("SELECT subject, reason FROM task")
    assert subject == "provider.acme.a.csv"
    assert "cannot be read (Permission denied): the worker's user has to be allowed to" in reason
    assert desk.lying() == ["processed/provider.acme.b.csv", "provider.acme.a.csv"]


async def test_a_name_that_is_no_text_holds_up_no_other(desk):
    (desk.folder / os.fsdecode(b"provider.acme.\xff.csv")).write_text(GOOD)
    desk.drop("provider.acme.good.csv", GOOD.replace("5.00", "6.00"))
    assert await desk.inbox.collect() == Collected(taken=1, refused=1)
    assert await desk.sql("SELECT subject FROM task") == [("provider.acme.\\udcff.csv",)]
    assert await desk.inbox.collect() == Collected()


async def test_the_same_payout_with_another_content_is_refused(desk):
    desk.drop(NAME)
    await desk.inbox.collect()
    desk.drop(NAME, GOOD.replace("5.00", "6.00"))
    assert await desk.inbox.collect() == Collected(refused=1)
    assert (
        "taken in before, with other content" in (await desk.sql("SELECT reason FROM task"))[0][0]
    )
    assert await desk.sql("SELECT gross FROM settlement_line") == [(500,)]


async def test_columns_of_a_party_are_in_a_file_of_the_folder(desk):
    (desk.folder / "columns.json").write_text(json.dumps({"provider.acme": {"gross": "Amount"}}))
    desk.drop(NAME, GOOD.replace("gross", "Amount"))
    desk.drop("provider.other.po-2.csv", GOOD.replace("5.00", "7.00"))
    assert await desk.inbox.collect() == Collected(taken=2)
    (desk.folder / "columns.json").write_text("[]")
    desk.drop("provider.acme.po-3.csv")
    assert await desk.inbox.collect() == Collected(refused=1)


async def test_without_a_folder_nothing_waits(desk):
    assert await SettlementFolder(None, desk.settlements).collect() == Collected()
    assert await SettlementFolder(desk.folder / "no", desk.settlements).collect() == Collected()


def test_a_party_is_a_kind_and_a_plain_name():
    assert party_of("bank:first-bank") == (PartyKind.BANK, "first-bank")
    assert named_party("carrier.ups.2026.11.csv") == (PartyKind.CARRIER, "ups", "2026.11")
    for text in ("bank", "bank:", ":x", "bank:../x", "bank:X", f"bank:{'x' * 41}"):
        with pytest.raises(Malformed):
            party_of(text)
