"""Reconciliation as an activity: files that wait are taken in, and whatever is open is matched."""

from dataclasses import dataclass

from temporalio import activity

from ports.settlements import Collected, Reconciled, SettlementInbox, Settlements


@dataclass(frozen=True, slots=True)
class ReconciliationRun:
    files: Collected
    lines: Reconciled


class ReconciliationActivities:
    def __init__(self, inbox: SettlementInbox, settlements: Settlements) -> None:
        self._inbox = inbox
        self._settlements = settlements

    @activity.defn(name="reconcile")
    async def reconcile(self) -> ReconciliationRun:
        """Safe to do again, and beside another: files and items are taken once."""
        files = await self._inbox.collect()
        return ReconciliationRun(files, await self._settlements.match_open())
