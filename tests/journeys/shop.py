"""A shop over HTTP: its channel sends signed orders, its people use GraphQL."""

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from standardwebhooks import Webhook

from orderloom.graphql_client import Person, Unavailable
from orderloom.roles import Role
from tests.journeys.stack import PATIENCE_SECONDS, Stack, eventually

View = dict[str, Any]
FINAL = ("CLOSED", "REJECTED", "CANCELED", "EXPIRED")
FIELDS = """
    number status paymentStatus trackingUrl
    total { amount }
    lines { line sku quantity canceled shipped delivered }
    parcels { fulfillmentOrder location status replaces lines { line quantity }
              packages { trackingNumber } }
    payments { key operation status amount { amount } reason actionUrl fulfillmentOrder }
    returns { number status refund { amount } }
    process { status paymentStatus doing live possible waits { key reason owner queued level } }
    timeline { source kind by data }
"""


@dataclass(frozen=True)
class Placed:
    number: str
    tracking_url: str


def order_body(reference: str, **changes: Any) -> dict[str, Any]:
    """An order that nothing stands against: two teas and a cup, 19.00 USD."""
    body = {
        "order": reference,
        "placed_at": datetime.now(UTC).isoformat(),
        "currency": "USD",
        "customer": {"ref": "C-17", "name": "Ana Ruiz", "email": "ana@example.com"},
        "ship_to": {
            "name": "Ana Ruiz",
            "line1": "1 Main St",
            "city": "Boston",
            "region": "MA",
            "postal_code": "02108",
            "country": "US",
        },
        "lines": [
            {"sku": "TEA", "quantity": 2, "unit_price": 500},
            {"sku": "CUP", "quantity": 1, "unit_price": 900},
        ],
        "shipping": 0,
        "payment": {"method": "card", "source": "tok_ok"},
    }
    return {**body, **changes}


class Shop:
    def __init__(self, http: httpx.AsyncClient, stack: Stack) -> None:
        self.http, self.stack = http, stack
        self.settings = settings = stack.settings()
        self.url = settings.public_url
        self.agent = Person(http, settings, "ana", Role.AGENT)
        self.keeper = Person(http, settings, "walt", Role.WAREHOUSE)
        self.supervisor = Person(http, settings, "sue", Role.SUPERVISOR)
        self.finance = Person(http, settings, "finn", Role.FINANCE)
        self.channel = Person(http, settings, "channel:web", Role.CHANNEL)
        self.other_channel = Person(http, settings, "channel:pos", Role.CHANNEL)

    # What comes in signed

    async def send(
        self,
        path: str,
        body: Any,
        *,
        message: str,
        secret: str = "",
        at: datetime | None = None,
    ) -> httpx.Response:
        """`body` is sent as it is when it is text, else as JSON."""
        text = body if isinstance(body, str) else json.dumps(body)
        moment = at or datetime.now(UTC)
        signed = {
            "content-type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Webhook(secret or self._secret(path)).sign(message, moment, text),
        }
        return await self.http.post(f"{self.url}{path}", content=text.encode(), headers=signed)

    def _secret(self, path: str) -> str:
        _, door, party = path.split("/")
        settings = self.settings
        secrets = settings.channel_secrets if door == "intake" else settings.webhook_secrets
        return secrets[party].get_secret_value()

    async def place(self, reference: str, **changes: Any) -> Placed:
        """As a channel does it: the same message until there is an answer."""
        body = order_body(reference, **changes)

        async def acknowledged() -> httpx.Response | None:
            try:
                answer = await self.send("/intake/web", body, message=f"msg-{reference}")
            except httpx.TransportError:
                return None
            assert answer.status_code in (200, 201, 503), answer.text
            return answer if answer.is_success else None

        answer = (await eventually(acknowledged)).json()
        assert answer["order"] == reference
        return Placed(answer["number"], answer["tracking_url"])

    # What people see and do

    async def cli(self, *words: str) -> tuple[int | None, str]:
        """`orderloom` on the home of this shop: its exit code and what it said."""
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "orderloom", *words, "--home", str(self.stack.home.path)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await child.communicate()
        return child.returncode, output.decode()

    async def view(self, number: str) -> View:
        found = await self.agent.ask(f'{{ order(number: "{number}") {{ {FIELDS} }} }}')
        order: View = found["order"]
        return order

    async def until(
        self, number: str, met: Callable[[View], Any], seconds: float = PATIENCE_SECONDS
    ) -> View:
        async def seen() -> View | None:
            try:
                view = await self.view(number)
            except Unavailable:
                return None
            return view if met(view) else None

        view: View = await eventually(seen, seconds)
        return view

    async def until_status(self, number: str, *statuses: str) -> View:
        return await self.until(number, lambda view: view["status"] in statuses)

    async def done(self, person: Person, mutation: str, key: str, **content: Any) -> None:
        """Asked with the same key until it is settled; fails when it is refused."""

        async def settled() -> bool:
            try:
                refusal = await person.do(mutation, key, **content)
            except Unavailable:
                return False
            assert refusal is None or refusal.is_for_now, refusal
            return refusal is None

        await eventually(settled)

    async def page(self, placed: Placed) -> httpx.Response:
        return await self.http.get(placed.tracking_url)

    # The outside parties

    async def tell_simulator(self, name: str, method: str, path: str, content: Any) -> None:
        key = self.settings.simulator_keys[name].get_secret_value()
        answer = await self.http.request(
            method,
            f"{self.settings.simulator_urls[name]}{path}",
            json=content,
            headers={"authorization": f"Bearer {key}"},
        )
        answer.raise_for_status()

    async def until_told(self) -> None:
        """Every outside party has told everything that it has to tell by now."""

        async def nothing_open() -> bool:
            urls = [self.settings.simulator_urls[name] for name in ("payment", "warehouse")]
            answers = [await self.http.get(f"{url}/healthz") for url in urls]
            return all(answer.json()["open"] == 0 for answer in answers)

        await eventually(nothing_open)

    def effects(self, number: str) -> list[tuple[str, str, int]]:
        """(kind, status, amount) of what the payment provider did for an order, by its journal."""
        kinds = ("authorize", "challenge", "capture", "void", "refund")
        return [
            (line["kind"], line["status"], line["amount"])
            for line in self.stack.journal("payment", *kinds)
            if line["reference"].startswith(number)
        ]

    def shipments(self, number: str) -> list[str]:
        """The parcels that the warehouse shipped for an order, by its journal."""
        lines = self.stack.journal("warehouse", "shipped")
        return sorted(line["reference"] for line in lines if line["order"] == number)


def reasons(view: View) -> dict[str, str]:
    """Why each location was chosen or not, as the timeline tells of the first sourcing."""
    sourced = next(entry for entry in view["timeline"] if entry["kind"] == "Sourced")
    return {each["location"]: each["reason"] for each in sourced["data"]["candidates"]}


def kinds(view: View) -> list[str]:
    return [entry["kind"] for entry in view["timeline"]]


def asks_the_cardholder(view: View) -> bool:
    """The live process says so, and so does the projection: one answer reads one after the other,
    so that either may be a moment behind.
    """
    live: bool = view["process"]["live"]
    told = any(payment["actionUrl"] for payment in view["payments"])
    return live and told and view["process"]["paymentStatus"] == "REQUIRES_ACTION"
