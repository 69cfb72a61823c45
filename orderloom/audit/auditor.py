"""One audit: our own books first, then the engine, then the outside parties' journals."""

import asyncio
from functools import partial
from pathlib import Path

from adapters.postgres.auditing.auditor import QUESTIONS, audit_books
from adapters.postgres.auditing.books import last_known, read_books, unfinished
from adapters.postgres.auditing.check import GRACE_SECONDS
from adapters.postgres.auditing.fold_checks import FOLD_CHECKS
from adapters.postgres.engine import create_engine
from adapters.temporal.census import TemporalCensus
from adapters.temporal.connect import connect
from adapters.temporal.desk import TemporalOrderDesk
from orderloom.audit.engine import (
    ENGINE_TITLES,
    LIVE_MAX,
    LastKnown,
    Unfinished,
    differing_answers,
    missing_processes,
    troubled_processes,
)
from orderloom.audit.journals import read_journals
from orderloom.audit.outside import OUTSIDE_CHECKS, Comparison
from orderloom.audit.report import Report
from orderloom.settings import Settings
from orderloom.temporal_config import configured_address
from ports.desk import DeskUnavailable

ENGINE_WITHIN_SECONDS = 60.0


def titles() -> dict[str, str]:
    """Every check by its id."""
    checks = (*QUESTIONS, *FOLD_CHECKS, *OUTSIDE_CHECKS)
    return dict(sorted({**{c.id: c.title for c in checks}, **ENGINE_TITLES}.items()))


async def audit(
    settings: Settings, journals: Path | None = None, grace_seconds: float = GRACE_SECONDS
) -> Report:
    """Refuses a folder of journals that holds none."""
    engine = create_engine(settings.database_url, pool_size=2)
    try:
        report = Report(await audit_books(engine, grace_seconds))
        to_run = partial(unfinished, engine, grace_seconds)
        await _ask_engine(report, settings, to_run, partial(last_known, engine, LIVE_MAX))
        books = await read_books(engine)
    finally:
        await engine.dispose()
    outside = None if journals is None else read_journals(journals)
    for check in OUTSIDE_CHECKS:
        if outside is None:
            report.left_out[check.id] = "no journals were given (--journals DIR)"
        elif check.party not in outside.lines:
            report.left_out[check.id] = f"there is no {check.party}.jsonl"
        else:
            report.findings.append(check.find(Comparison(books, outside, grace_seconds)))
    return report


async def _ask_engine(
    report: Report, settings: Settings, to_run: Unfinished, known: LastKnown
) -> None:
    address = settings.temporal_address or configured_address()
    if not address:
        report.left_out.update(dict.fromkeys(ENGINE_TITLES, "no Temporal address is known"))
        return
    try:
        async with asyncio.timeout(ENGINE_WITHIN_SECONDS):
            client = await connect(address, settings.temporal_namespace, lazy=True)
            census = TemporalCensus(client)
            report.findings.append(await missing_processes(census, to_run))
            report.findings.append(await troubled_processes(census))
            desk = TemporalOrderDesk(client, settings.task_queue)
            report.findings.append(await differing_answers(desk, known))
    except (DeskUnavailable, TimeoutError) as error:
        made = {finding.id for finding in report.findings}
        why = f"the engine did not answer: {error}"
        report.left_out.update({check: why for check in ENGINE_TITLES if check not in made})
