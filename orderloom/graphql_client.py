"""A small GraphQL client: what people of a demo and of the command line see and do at the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from orderloom.roles import Role
from orderloom.settings import Settings
from orderloom.tokens import issue

TOKEN_VALID_FOR = timedelta(hours=24)
TIMEOUT_SECONDS = 15
TRY_AGAIN = "TRY_AGAIN"  # the same key gives the outcome later
ORDERS_PER_QUERY = 25  # the API allows 30 aliases


class Unavailable(Exception):  # as after a kill -9: ask again
    """The API did not answer, or not now."""


class Misunderstood(Exception):  # a bug on either side: it is not to be hidden
    """The API has no answer to such a query."""


@dataclass(frozen=True)
class Refusal:
    code: str
    message: str

    @property
    def is_for_now(self) -> bool:
        return self.code == TRY_AGAIN


class Person:
    """Somebody with a name and roles, at the API."""

    def __init__(
        self, http: httpx.AsyncClient, settings: Settings, name: str, *roles: Role
    ) -> None:
        self._http = http
        self._url = f"{settings.public_url}/graphql"
        self.token = token_for(settings, name, *roles)

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data. Raises `Unavailable` or `Misunderstood`."""
        try:
            answer = await self._http.post(
                self._url,
                json={"query": document, "variables": variables},
                headers={"authorization": f"Bearer {self.token}"},
                timeout=TIMEOUT_SECONDS,
            )
        except httpx.TransportError as error:
            raise Unavailable(str(error) or type(error).__name__) from error
        if answer.status_code >= 500:
            raise Unavailable(f"{answer.status_code}: {answer.text[:200]}")
        body = answer.json()
        if errors := body.get("errors"):
            misunderstood = Misunderstood("; ".join(error["message"] for error in errors))
            misunderstood.add_note(f"{errors} to {document}")
            raise misunderstood
        data: dict[str, Any] = body["data"]
        return data

    async def do(self, mutation: str, key: str, **content: Any) -> Refusal | None:
        """None when it was done. `key` derived from what it is about: doing it again is safe."""
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        document = (
            f"mutation($input: {kind}!) {{ {mutation}(input: $input) "
            "{ userErrors { code message } } }"
        )
        data = await self.ask(document, input={**content, "idempotencyKey": key})
        errors = data[mutation]["userErrors"]
        return Refusal(errors[0]["code"], errors[0]["message"]) if errors else None

    async def look_at(self, numbers: Sequence[str], fields: str) -> dict[str, dict[str, Any]]:
        """Orders by number, with `fields` of each; those that there are."""
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(numbers), ORDERS_PER_QUERY):
            part = numbers[start : start + ORDERS_PER_QUERY]
            orders = " ".join(
                f'o{place}: order(number: "{number}") {{ number {fields} }}'
                for place, number in enumerate(part)
            )
            data = await self.ask(f"{{ {orders} }}")
            found |= {order["number"]: order for order in data.values() if order}
        return found


def token_for(settings: Settings, name: str, *roles: Role) -> str:
    return issue(
        settings.server_key.get_secret_value(),
        name=name,
        roles=list(roles),
        at=datetime.now(UTC),
        valid_for=TOKEN_VALID_FOR,
    )
