"""Calls to an outside party over HTTP, and what their failures prove.

No answer, or a fault of theirs, proves nothing: `OutcomeUnknown` for calls with an effect,
`Unreachable` for questions. A key that is refused proves that nothing was done, and is our own
fault to mend: `KeyRefused`. The timeout ends before the engine starts another attempt, however
slowly the other side trickles its answer.
"""

import asyncio
from typing import Any

import httpx

from ports.outside import KeyRefused, OutcomeUnknown, Unreachable

TIMEOUT_SECONDS = 10.0  # of a whole call: connecting, sending, and all of the answer
_SERVER_FAULT = 500
_OUR_KEY = (401, 403)
_BUSY = (408, 425, 429)  # they have not looked at it, and may yet


class HttpParty:
    """`key` is the bearer key, `name` what people call the party; the client keeps its connections
    open.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        timeout_seconds: float = TIMEOUT_SECONDS,
        *,
        name: str = "outside party",
    ) -> None:
        self._name = name
        self._timeout_seconds = timeout_seconds
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=timeout_seconds,
            limits=httpx.Limits(max_connections=50, max_keepalive_connections=20),
        )

    async def effect(self, path: str, key: str, body: dict[str, Any]) -> httpx.Response:
        """A POST with an idempotency key. Raises `OutcomeUnknown`, `KeyRefused`."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                answer = await self._client.post(path, json=body, headers={"Idempotency-Key": key})
        except (httpx.HTTPError, TimeoutError) as failed:
            raise OutcomeUnknown(f"{path}: {type(failed).__name__}") from failed
        self._check_key(path, answer)
        if _proves_nothing(answer):
            raise OutcomeUnknown(f"{path}: {answer.status_code}")
        return answer

    async def question(self, path: str) -> httpx.Response:
        """A GET. Raises `Unreachable`, `KeyRefused`."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                answer = await self._client.get(path)
        except (httpx.HTTPError, TimeoutError) as failed:
            raise Unreachable(f"{path}: {type(failed).__name__}") from failed
        self._check_key(path, answer)
        if _proves_nothing(answer):
            raise Unreachable(f"{path}: {answer.status_code}")
        return answer

    def _check_key(self, path: str, answer: httpx.Response) -> None:
        if answer.status_code in _OUR_KEY:
            raise KeyRefused(f"the {self._name} refuses our key: {path}: {answer.status_code}")

    async def close(self) -> None:
        await self._client.aclose()


def _proves_nothing(answer: httpx.Response) -> bool:
    return answer.status_code >= _SERVER_FAULT or answer.status_code in _BUSY
