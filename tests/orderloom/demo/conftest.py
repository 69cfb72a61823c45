"""A person whose system is a script: what it shows, and what it answers to each deed."""

from collections import Counter

import pytest

from orderloom.demo.deeds import DEEDS
from orderloom.demo.people import People, Staff


class ScriptedPerson:
    def __init__(self, name, log, views, refusals):
        self.name = name
        self._log, self._views, self._refusals = log, views, refusals

    async def look_at(self, numbers, fields):
        return {number: self._views[number] for number in numbers if number in self._views}

    async def ask(self, document, **variables):
        if "orderCounts" in document:
            counts = Counter(view["status"] for view in self._views.values())
            return {"orderCounts": [{"status": s, "orders": n} for s, n in counts.items()]}
        nodes = [
            {"number": number}
            for number, view in self._views.items()
            if f'"{view["status"]}"' in document
        ]
        return {"orders": {"nodes": nodes}}

    async def do(self, mutation, key, **content):
        self._log.append((self.name, mutation, key, content))
        return self._refusals.get(mutation)


class Office:
    """`log` has (who, mutation, key, content)."""

    def __init__(self):
        self.log, self.views, self.refusals = [], {}, {}
        person = [
            ScriptedPerson(name, self.log, self.views, self.refusals)
            for name in ("agent", "warehouse", "supervisor")
        ]
        self.people = People(Staff(*person), ["L1", "L2"], DEEDS)

    def shows(self, number, status, **rest):
        nothing = {"paymentStatus": "NONE", "lines": [], "parcels": [], "returns": []}
        self.views[number] = {"number": number, "status": status, **nothing, **rest}

    def deeds(self):
        return [(who, mutation) for who, mutation, _, _ in self.log]


@pytest.fixture
def office():
    return Office()
