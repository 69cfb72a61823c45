"""All checks that our own books can answer, on one snapshot of a live database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.auditing.audit_chain import AuditChain
from adapters.postgres.auditing.check import GRACE_SECONDS, Violation
from adapters.postgres.auditing.clearing_checks import CLEARING_CHECKS
from adapters.postgres.auditing.flow_checks import FLOW_CHECKS
from adapters.postgres.auditing.fold_checks import FOLD_CHECKS
from adapters.postgres.auditing.folded import folded_orders
from adapters.postgres.auditing.invoice_checks import INVOICE_CHECKS
from adapters.postgres.auditing.money_checks import MONEY_CHECKS
from adapters.postgres.auditing.office_checks import OFFICE_CHECKS
from adapters.postgres.auditing.points_checks import POINTS_CHECKS
from adapters.postgres.auditing.refund_checks import REFUND_CHECKS
from adapters.postgres.auditing.stock_checks import STOCK_CHECKS

QUESTIONS = (
    *STOCK_CHECKS,
    *MONEY_CHECKS,
    *CLEARING_CHECKS,
    *INVOICE_CHECKS,
    *POINTS_CHECKS,
    *FLOW_CHECKS,
    *OFFICE_CHECKS,
    *REFUND_CHECKS,
    AuditChain(),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: no violations is what one hopes for."""

    id: str
    title: str
    violations: list[Violation]


async def audit_books(engine: AsyncEngine, grace_seconds: float = GRACE_SECONDS) -> list[Finding]:
    async with snapshot(engine) as connection:
        return await audit_on(connection, grace_seconds)


async def audit_on(
    connection: AsyncConnection, grace_seconds: float = GRACE_SECONDS
) -> list[Finding]:
    """As this connection sees the database."""
    findings = [
        Finding(check.id, check.title, await check.find(connection, grace_seconds))
        for check in QUESTIONS
    ]
    return sorted(findings + await _judge_folds(connection), key=lambda found: found.id)


async def _judge_folds(connection: AsyncConnection) -> list[Finding]:
    findings = [Finding(check.id, check.title, []) for check in FOLD_CHECKS]
    async for folded in folded_orders(connection):
        for check, finding in zip(FOLD_CHECKS, findings, strict=True):
            finding.violations.extend(check.judge(folded))
    return findings


@asynccontextmanager
async def snapshot(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection that sees one moment of the database, and cannot change it."""
    async with engine.connect() as connection:
        yield await connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
