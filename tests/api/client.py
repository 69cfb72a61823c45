"""A caller of the edge: signs messages, asks GraphQL, and lets background work finish."""

import json
from datetime import datetime, timedelta
from typing import Any

import httpx
from standardwebhooks import Webhook

from orderloom.roles import Role
from orderloom.tokens import issue
from tests.api.fakes import NOW, SECRET, SERVER_KEY, Office


class Client:
    def __init__(self, http: httpx.AsyncClient, office: Office) -> None:
        self.http = http
        self.office = office

    async def signed(
        self,
        path: str,
        body: Any,
        *,
        message: str = "msg_1",
        secret: str = SECRET,
        at: datetime = NOW,
        **headers: str,
    ) -> httpx.Response:
        """`body` is sent as it is when it is text, else as JSON."""
        text = body if isinstance(body, str) else json.dumps(body)
        signed = {
            "content-type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(message, at, text),
            **headers,
        }
        response = await self.http.post(path, content=text.encode(), headers=signed)
        await self.office.background.drain()
        return response

    async def graphql(
        self,
        query: str,
        variables: dict[str, Any] | None = None,
        *,
        role: str = "agent",
        **more: Any,
    ) -> dict[str, Any]:
        """The answer's body; the caller is `ana`, or channel `web`."""
        name = more.get("name") or ("web" if role == "channel" else "ana")
        token = issue(
            SERVER_KEY, name=name, roles=[Role(role)], at=NOW, valid_for=timedelta(hours=1)
        )
        response = await self.http.post(
            "/graphql",
            json={"query": query, "variables": variables or {}},
            headers={"Authorization": f"Bearer {token}"},
        )
        await self.office.background.drain()
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body
