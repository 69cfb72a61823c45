"""Whatever the weather at the provider, our books and its journal say the same of an order's money.

The real activities move money through the HTTP adapter at the provider's simulator, a process of
its own that applies and then answers 504, hangs, drops the connection, or fails before it does
anything. Cardholders' banks take captures back, give them back, and do not take refunds, without
being asked; what is told of that comes late, twice, by several events, and before what it follows.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import text

from activities.messages import PaymentCall, Step, StepResult
from activities.payments import PaymentActivities
from adapters.http_party import HttpParty
from adapters.payments.http_provider import HttpPaymentProvider
from adapters.postgres.auditing.money_checks import MONEY_CHECKS
from adapters.postgres.engine import PostgresDatabase, create_engine
from adapters.postgres.facts.inbox import PostgresFactInbox
from domain import journal as j
from domain.facts import Fact, FactKind
from domain.ledger import Account, Leg, Posting
from domain.order import LineUnits
from domain.payments import NO_EFFECT, PaymentOperation, Unasked, unasked_key
from ports.outside import OutcomeUnknown, Unreachable
from tests.adapters.conftest import API_KEY, running
from tests.adapters.postgres.conftest import CATALOG, Shop
from tests.models.walking import Walk

WALK = Walk("payments", share=0.25, example_steps=30, drawn=3.0)
HANG_SECONDS, PATIENCE_SECONDS = 1.0, 0.3
FAIR: dict[str, float] = {"fault_before": 0, "fault_after": 0, "hang": 0, "reset": 0}
WEATHER = ("fair", "fair", "fair", "fault_before", "fault_after", "hang", "reset")
CARDS = ("tok_ok", "tok_ok", "tok_ok", "tok_requires_action", "tok_capture_fails", "tok_declined")
TOLD = {
    "authorize": FactKind.PAYMENT_AUTHORIZED,
    "capture": FactKind.PAYMENT_CAPTURED,
    "void": FactKind.PAYMENT_VOIDED,
    "refund": FactKind.PAYMENT_REFUNDED,
}
UNASKED = tuple(Unasked)
SOLD = 10**7  # the goods are worth more than all that is ever captured for them
TELLS = {
    Unasked.CHARGEBACK: FactKind.CHARGED_BACK,
    Unasked.REVERSAL: FactKind.CHARGEBACK_REVERSED,
    Unasked.REFUND_FAILURE: FactKind.REFUND_FAILED,
}
CHECKED = [check for check in MONEY_CHECKS if check.id in ("M1", "M2", "M3")]

amounts = st.integers(1, 1_000)
picks = st.integers(0, 99)
weather = st.sampled_from(WEATHER)
gives_up = st.sampled_from([False, False, True])
op = PaymentOperation


@dataclass
class Authorization:
    key: str
    amount: int
    captured: int = 0
    refunded: int = 0  # less what failed, as far as our books have it
    charged_back: int = 0  # less what was given back, likewise
    voided: bool = False

    @property
    def left(self) -> int:
        return 0 if self.voided else self.amount - self.captured

    @property
    def refundable(self) -> int:
        return self.captured - self.refunded - self.charged_back


class Till:
    """The real activities, and the provider's journal; the same for all ways."""

    def __init__(self, url: str, provider: str, journal: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self.engine = create_engine(url)
        self.shop = Shop(self.engine)
        self.party = HttpParty(provider, API_KEY, PATIENCE_SECONDS)
        self.control = httpx.AsyncClient(
            base_url=provider, headers={"Authorization": f"Bearer {API_KEY}"}
        )
        http = HttpPaymentProvider(self.party)
        self.payments = PaymentActivities(PostgresDatabase(self.engine), {"http": http})
        self.inbox = PostgresFactInbox(self.engine)
        self._journal = journal.open(encoding="utf-8")
        self.effects: dict[str, list[dict[str, Any]]] = {}  # by reference
        self.unasked: dict[str, dict[str, Any]] = {}  # what banks did, as our books call it
        for statement in filter(str.strip, CATALOG.split(";")):
            self.run(self.shop.run(statement))

    def run(self, work: Awaitable[Any]) -> Any:
        return self._loop.run_until_complete(work)

    async def weather(self, kind: str) -> None:
        settings = FAIR if kind == "fair" else {**FAIR, kind: 1}
        (await self.control.put("/_control", json=settings)).raise_for_status()

    def read_journal(self) -> None:
        for row in self._journal:
            line = json.loads(row)
            if line["kind"] in UNASKED:
                what = Unasked(line["kind"])
                name = unasked_key(line["reference"], what, line.get("dispute", ""))
                assert name not in self.unasked
                self.unasked[name] = line
            elif line.get("status") in ("authorized", "succeeded"):
                self.effects.setdefault(line["reference"], []).append(line)

    def close(self) -> None:
        self._journal.close()
        self.run(self.control.aclose())
        self.run(self.party.close())
        self.run(self.engine.dispose())
        self._loop.close()


class PaymentModel(RuleBasedStateMachine):
    till: Till
    numbers = 0

    @initialize(card=st.sampled_from(CARDS), paid=st.lists(amounts, min_size=1, max_size=3))
    def place(self, card: str, paid: list[int]) -> None:
        """And paid already, in some parts, so that refunds and banks have something to move."""
        type(self).numbers += 1
        self.run, shop = self.till.run, self.till.shop
        self.card = card
        self.run(self.till.weather("fair"))
        placed = self.run(shop.place(f"W{self.numbers}", payment_source=card))
        self.order, self.parcel = placed.number, f"{placed.number}-F1"
        plan = j.PlannedParcel(self.parcel, "BOS", (LineUnits(1, "TEA", 3),))
        reviewed = j.Reviewed("approve", "v1", "r1", "fine")
        self.run(shop.journal(self.order, reviewed, j.Sourced((plan,), "v1")))
        legs = (Leg(Account.RECEIVABLE, SOLD), Leg(Account.REVENUE, -SOLD))
        self.run(self._post(Posting(f"{self.parcel}/sale", self.order, "USD", legs)))
        self.ordinals: Counter[PaymentOperation] = Counter()
        self.authorizations: dict[str, Authorization] = {}
        self.open: dict[str, PaymentCall] = {}  # not settled, as far as we know
        self.hidden: set[str] = set()  # what a bank did, and our books do not have
        self.events = 0
        self._settle(self._call(op.AUTHORIZE, sum(paid) + 100), ("fair",))
        for amount in paid:
            self._settle(self._call(op.CAPTURE, amount, self._some(0)), ("fair",))

    @rule(amount=amounts, first=weather, second=weather, stop=gives_up)
    def authorize(self, amount: int, first: str, second: str, stop: bool) -> None:
        self._one(self._call(op.AUTHORIZE, amount), (first, second), stop)

    @rule(pick=picks, amount=amounts, first=weather, second=weather, stop=gives_up)
    def capture(self, pick: int, amount: int, first: str, second: str, stop: bool) -> None:
        self._one(self._call(op.CAPTURE, amount, self._some(pick)), (first, second), stop)

    @rule(pick=picks, first=weather, second=weather, stop=gives_up)
    def void(self, pick: int, first: str, second: str, stop: bool) -> None:
        if self.authorizations:
            self._one(self._call(op.VOID, 0, self._some(pick)), (first, second), stop)

    @rule(amount=amounts, first=weather, second=weather, stop=gives_up)
    def refund(self, amount: int, first: str, second: str, stop: bool) -> None:
        self._one(self._call(op.REFUND, amount), (first, second), stop)

    @rule(
        picks=st.lists(
            st.tuples(st.sampled_from([op.CAPTURE, op.REFUND, op.VOID]), picks, amounts),
            min_size=2,
            max_size=4,
        ),
        each=st.integers(1, 2),
        tells=st.booleans(),
    )
    def race(self, picks: list[tuple[PaymentOperation, int, int]], each: int, tells: bool) -> None:
        """Several operations at once, each by several live attempts; and banks, too."""
        if not self.authorizations:
            return
        calls = [
            self._call(
                kind,
                0 if kind is op.VOID else amount,
                "" if kind is op.REFUND else self._some(pick),
            )
            for kind, pick, amount in picks
        ]
        self.run(self.till.weather("fair"))
        attempts = (self._attempt(call) for call in calls * each)
        hidden = sorted(self.hidden) * 2 if tells else []
        self.run(_together([*attempts, *(self._tell(name) for name in hidden)]))
        for call in calls:
            self._settle(call, ("fair",))
        self.compare()

    @rule(pick=picks, first=weather, passes=st.booleans())
    def ask_again(self, pick: int, first: str, passes: bool) -> None:
        if self.open:
            call = self.open[_pick(sorted(self.open), pick)]
            self._challenge(call, passes=passes)
            self._settle(call, (first, "fair"))
            self.compare()

    @rule(pick=picks)
    def tell(self, pick: int) -> None:
        """The provider's webhook comes twice, whenever it likes, and moves nothing."""
        told = [reference for reference in self._references() if reference in self.till.effects]
        if told:
            reference = _pick(told, pick)
            kind = TOLD[reference.split("/")[-2]]
            event = f"{reference}/{kind}"
            fact = Fact(f"payment:{event}", kind, reference, datetime.now(UTC))
            for _ in range(2):
                self.run(self.till.inbox.store("payment", event, fact, {}))
            self.compare()

    @rule(pick=picks, amount=amounts, times=st.integers(0, 2), gives=st.booleans())
    def bank_takes(self, pick: int, amount: int, times: int, gives: bool) -> None:
        """All that is left of a capture or a part of it, whatever we know of it; and may give it
        back before anybody has told us.
        """
        names = [name for name in self._references() if name in self.till.effects]
        captures = [name for name in names if f"/{op.CAPTURE}/" in name]
        if captures:
            part = {"amount": amount} if pick % 3 == 0 else {}
            self._bank("chargebacks", {"reference": _pick(captures, pick), **part}, times)
            if gives:
                self._give_back(pick, times)
            self.compare()

    @rule(pick=picks, times=st.integers(0, 2))
    def bank_gives(self, pick: int, times: int) -> None:
        """The dispute was won: once."""
        if self._give_back(pick, times):
            self.compare()

    def _give_back(self, pick: int, times: int) -> bool:
        lost = [name for name in self._unasked() if f"/{Unasked.CHARGEBACK}/" in name]
        if lost:
            dispute = self.till.unasked[_pick(lost, pick)]["dispute"]
            self._bank(f"chargebacks/{dispute}/reversal", {}, times)
        return bool(lost)

    @rule(pick=picks, times=st.integers(0, 2))
    def bank_refuses(self, pick: int, times: int) -> None:
        """A refund that the provider has made fails after all, whatever we know of it."""
        made = [name for name in self._references() if name in self.till.effects]
        refunds = [name for name in made if f"/{op.REFUND}/" in name and not self._failed(name)]
        if refunds:
            self._bank("refund_failures", {"reference": _pick(refunds, pick)}, times)
            self.compare()

    def _failed(self, refund: str) -> bool:
        return unasked_key(refund, Unasked.REFUND_FAILURE) in self.till.unasked

    @rule(pick=picks)
    def tell_of_the_unasked(self, pick: int) -> None:
        """By another event than before, in any order; and what waits is looked at again."""
        told = self._unasked()
        if told:
            self.run(self._tell(_pick(told, pick)))
            self.run(self._look_again())
            self.compare()

    def teardown(self) -> None:
        """No outcome stays unknown once somebody asks, and no dispute unbooked once it is told."""
        if not hasattr(self, "open"):
            return
        for call in list(self.open.values()):
            self._settle(call, ("fair",))
        for name in self._unasked():
            self.run(self._tell(name))
        self.run(self._look_again())
        self.compare(counts=False)
        assert self.hidden == set()
        waiting = [call.operation for call in self.open.values()]
        assert waiting == [op.AUTHORIZE] * len(waiting)  # for the cardholder
        if waiting:
            assert self.card == "tok_requires_action"
        self.compare(counts=False)

    # how

    def _call(self, kind: PaymentOperation, amount: int, authorization: str = "") -> PaymentCall:
        self.ordinals[kind] += 1
        parcel = self.parcel if kind is op.CAPTURE else ""
        step = Step(self.order, f"{kind}/{self.ordinals[kind]}", 0)
        return PaymentCall(step, kind, self.ordinals[kind], amount, parcel, authorization)

    def _some(self, pick: int) -> str:
        """None at all is an authorization that nobody gave."""
        return _pick(sorted(self.authorizations), pick) if self.authorizations else ""

    def _one(self, call: PaymentCall, weathers: tuple[str, ...], stop: bool) -> None:
        """Alone: then what comes of it is known beforehand, unless it never got there."""
        alone = not self.open and not self.hidden
        allowed = self._allowed(call)
        result = self._settle(call, weathers[:1] if stop else (*weathers, "fair"))
        if alone and result is not None and result.outcome in ("SUCCEEDED", "FAILED"):
            reason = result.refusal[0] if result.refusal else result.result
            if result.outcome == "SUCCEEDED":
                assert allowed, call
            elif reason != NO_EFFECT:
                assert not allowed, (call, reason)
        self.compare()

    def _allowed(self, call: PaymentCall) -> bool:
        on = self.authorizations.get(call.authorization)
        if call.operation is op.AUTHORIZE:
            return self.card != "tok_declined"
        if call.operation is op.CAPTURE:
            return on is not None and call.amount <= on.left and self.card != "tok_capture_fails"
        if call.operation is op.VOID:
            return on is not None and (on.voided or on.left > 0)  # twice is once
        return call.amount <= sum(each.refundable for each in self.authorizations.values())

    def _settle(self, call: PaymentCall, weathers: tuple[str, ...]) -> StepResult | None:
        """Tried in each weather until an answer is heard."""
        self.open[call.key] = call
        for kind in weathers:
            self.run(self.till.weather(kind))
            result = self.run(self._attempt(call))
            if result is not None:
                self._learn(call, result)
                return result
        return None

    async def _attempt(self, call: PaymentCall) -> StepResult | None:
        try:
            return await self.till.payments.perform(call)
        except (OutcomeUnknown, Unreachable):
            return None

    def _learn(self, call: PaymentCall, result: StepResult) -> None:
        if result.outcome not in ("SUCCEEDED", "FAILED"):
            assert result.outcome == "REQUIRES_ACTION"
            return
        del self.open[call.key]
        if result.outcome == "FAILED":
            return
        [(amount, drawn_on)] = self._read(
            "SELECT amount, authorization_key FROM payment_transaction WHERE key = :k", k=call.key
        )
        if call.operation is op.AUTHORIZE:
            self.authorizations[call.key] = Authorization(call.key, amount)
            return
        on = self.authorizations[drawn_on]
        match call.operation:
            case op.CAPTURE:
                on.captured += amount
            case op.REFUND:
                on.refunded += amount
            case op.VOID:
                on.voided = True

    def _challenge(self, call: PaymentCall, *, passes: bool) -> None:
        """The cardholder answers, if he was asked."""
        found = self._read(
            "SELECT provider_payment FROM payment_transaction WHERE key = :k"
            " AND status = 'REQUIRES_ACTION'",
            k=call.key,
        )
        for (payment,) in found:
            answer = {"outcome": "passed" if passes else "failed"}
            self.run(self.till.weather("fair"))
            self.run(self.till.control.post(f"/v1/payments/{payment}/challenge", json=answer))

    async def _post(self, posting: Posting) -> None:
        await PostgresDatabase(self.till.engine).run(lambda uow: uow.ledger.post(posting))

    def _bank(self, path: str, asked: dict[str, Any], times: int) -> None:
        """What it does is told at once, later, or by two events."""
        answer = self.run(self.till.control.post(f"/_control/{path}", json=asked))
        assert answer.status_code in (201, 409), answer.text
        before = set(self._unasked())
        self.till.read_journal()
        done = set(self._unasked()) - before
        assert len(done) == (answer.status_code == 201)
        self.hidden |= done
        for name in sorted(done) * times:
            self.run(self._tell(name))

    async def _tell(self, name: str) -> None:
        self.events += 1
        line = self.till.unasked[name]
        event = f"{line['id']}/{self.events}"
        kind = TELLS[Unasked(line["kind"])]
        fact = Fact(
            f"payment:{event}", kind, line["reference"], datetime.fromisoformat(line["at"]),
            amount=line["amount"], dispute=line.get("dispute", ""), currency=line["currency"],
        )  # fmt: skip
        await self.till.inbox.store("payment", event, fact, {})

    async def _look_again(self) -> None:
        """As the relay does, until nothing is left that waits for something else."""
        for _ in range(3):
            await self.till.shop.run("UPDATE fact SET due_at = now() WHERE due_at IS NOT NULL")
            for told in await self.till.inbox.untold(1_000):
                await self.till.inbox.told([told.fact.id])

    def _unasked(self) -> list[str]:
        return sorted(name for name in self.till.unasked if name.startswith(self.order))

    def _references(self) -> list[str]:
        rows = self._read(
            "SELECT key FROM payment_transaction WHERE order_number = :o ORDER BY key", o=self.order
        )
        return [key for (key,) in rows]

    # what everybody says

    def compare(self, *, counts: bool = True) -> None:
        self.till.read_journal()
        rows = self._read(
            "SELECT key, operation, status, amount FROM payment_transaction"
            " WHERE order_number = :o ORDER BY key",
            o=self.order,
        )
        moved: Counter[str] = Counter()
        self._learn_of_unasked(rows)
        for key, operation, status, amount in rows:
            if operation in UNASKED:
                assert (status, amount) == ("SUCCEEDED", self.till.unasked[key]["amount"])
                moved[operation] += amount
                continue
            theirs = self.till.effects.get(key, [])
            assert len(theirs) <= 1, theirs
            assert status in ("SUCCEEDED", "FAILED") or key in self.open, (key, status)
            if key not in self.open and operation != "void":
                as_told = bool(theirs) == (status == "SUCCEEDED")
                assert as_told or (theirs and self._failed(key)), (key, status, theirs)
            if status == "SUCCEEDED" and operation != "void":
                assert theirs[0]["amount"] == amount
                moved[operation] += amount
        [(booked,)] = self._read(
            "SELECT coalesce(sum(amount), 0)::bigint FROM ledger_transaction"
            " JOIN ledger_entry ON transaction_id = id"
            " WHERE order_number = :o AND account = 'provider_clearing'",
            o=self.order,
        )
        charged_back = moved[Unasked.CHARGEBACK] - moved[Unasked.REVERSAL]
        moved["refund"] -= moved[Unasked.REFUND_FAILURE]
        assert booked == moved["capture"] - moved["refund"] - charged_back
        for each in self.authorizations.values():
            assert 0 <= each.refunded <= each.captured <= each.amount
            assert each.charged_back >= 0
            assert each.refundable >= 0
        known = self.authorizations.values()
        assert charged_back == sum(each.charged_back for each in known)
        assert +Counter({kind: moved[kind] for kind in TOLD}) == +Counter(
            authorize=sum(each.amount for each in known),
            capture=sum(each.captured for each in known),
            refund=sum(each.refunded for each in known),
        )
        for check in CHECKED:
            assert self._read(check.statement, **check.parameters) == [], check.id
        if counts:
            WALK.step()

    def _learn_of_unasked(self, rows: list[Any]) -> None:
        booked = {key for key, operation, *_ in rows if operation in UNASKED}
        for name in sorted(self.hidden & booked):
            self.hidden.remove(name)
            line = self.till.unasked[name]
            [(drawn_on,)] = self._read(
                "SELECT authorization_key FROM payment_transaction WHERE key = :k", k=name
            )
            on = self.authorizations[drawn_on]
            match Unasked(line["kind"]):
                case Unasked.CHARGEBACK:
                    on.charged_back += line["amount"]
                case Unasked.REVERSAL:
                    on.charged_back -= line["amount"]
                case Unasked.REFUND_FAILURE:
                    on.refunded -= line["amount"]
        never_counted = {key for key, _, status, _ in rows if status == "FAILED"}
        self.hidden -= {unasked_key(key, Unasked.REFUND_FAILURE) for key in never_counted}

    def _read(self, statement: str, **values: Any) -> list[Any]:
        async def read() -> list[Any]:
            async with self.till.engine.connect() as connection:
                return [tuple(row) for row in await connection.execute(text(statement), values)]

        return self.run(read())


def _pick(some: list[str], pick: int) -> str:
    """Drawn before it is known how many there are: who wins a race is not ours to say."""
    return some[pick % len(some)]


async def _together(attempts: Any) -> None:
    await asyncio.gather(*attempts)


@pytest.fixture
def till(database_url: str, tmp_path: Path) -> Iterator[Till]:
    with running("payment", tmp_path, hang_seconds=HANG_SECONDS, seed=1) as provider:
        till = Till(database_url, provider, tmp_path / "payment.jsonl")
        yield till
        till.close()


@pytest.mark.timeout(0)
def test_the_money_books_say_what_the_provider_says_whatever_the_weather(till: Till) -> None:
    WALK.run(type("Payments", (PaymentModel,), {"till": till}))
