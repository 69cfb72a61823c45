"""The payment provider of docs/contracts.md, over HTTP."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx

from adapters.http_party import HttpParty
from domain.payments import PaymentOperation, PaymentStatus
from ports.outside import (
    Capabilities,
    OutcomeUnknown,
    PaymentRequest,
    ProviderAnswer,
    Unreachable,
)

_AUTHORIZATION = {
    "authorized": PaymentStatus.SUCCEEDED,
    "voided": PaymentStatus.FAILED,
    "declined": PaymentStatus.FAILED,
    "requires_action": PaymentStatus.REQUIRES_ACTION,
}
_PATHS = {
    PaymentOperation.CAPTURE: "captures",
    PaymentOperation.VOID: "void",
    PaymentOperation.REFUND: "refunds",
}


class HttpPaymentProvider:
    """See `ports.outside.PaymentProvider`. Several captures per authorization."""

    capabilities = Capabilities()

    def __init__(self, party: HttpParty) -> None:
        self.party = party

    async def prepare(self, request: PaymentRequest) -> ProviderAnswer:
        """Nothing to prepare: an operation is known by its key from the first call on."""
        return ProviderAnswer(PaymentStatus.REQUESTED, request.payment)

    async def perform(self, request: PaymentRequest) -> ProviderAnswer:
        body: dict[str, Any] = {"reference": request.key}
        if request.operation is not PaymentOperation.VOID:
            body["amount"] = request.amount
        if request.operation is PaymentOperation.AUTHORIZE:
            body |= {"currency": request.currency, "source": request.source}
            path = "/v1/payments"
        else:
            path = f"/v1/payments/{request.payment}/{_PATHS[request.operation]}"
        answer = await self.party.effect(path, request.key, body)
        if answer.is_success:
            return _of(request.operation, answer.json())
        if not answer.is_client_error:
            raise OutcomeUnknown(f"{request.key}: {answer.status_code}")
        return _refused(request, answer)

    async def inquire(self, request: PaymentRequest) -> ProviderAnswer | None:
        answer = await self.party.question(f"/v1/operations/{quote(request.key, safe='')}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            if _code(answer) == "unknown_key":
                return None
            raise Unreachable(f"{request.key}: {answer.status_code} from somebody else")
        found = answer.raise_for_status().json()
        if request.operation is PaymentOperation.AUTHORIZE:
            return _of(request.operation, found["payment"])
        if request.operation is PaymentOperation.VOID and _nothing_left(found["payment"]):
            return ProviderAnswer(PaymentStatus.SUCCEEDED, request.payment)
        return _of(request.operation, found)


def _of(operation: PaymentOperation, found: dict[str, Any]) -> ProviderAnswer:
    """An authorization answers with the payment, everything else with an operation on it."""
    if operation is PaymentOperation.AUTHORIZE:
        return ProviderAnswer(
            _AUTHORIZATION[found["status"]],
            found["id"],
            found.get("decline_code") or "",
            found.get("action_url") or "",
            datetime.fromisoformat(found["expires_at"]) if found.get("expires_at") else None,
        )
    failed = found["status"] != "succeeded"
    reason = found.get("reason") or f"{operation}_failed" if failed else ""
    status = PaymentStatus.FAILED if failed else PaymentStatus.SUCCEEDED
    return ProviderAnswer(status, found["payment"]["id"], reason)


def _code(answer: httpx.Response) -> str:
    """The contract's error code; empty when the answer is not the provider's."""
    try:
        body = answer.json()
    except ValueError:
        return ""
    code = body.get("error") if isinstance(body, dict) else None
    return code if isinstance(code, str) else ""


def _nothing_left(payment: dict[str, Any]) -> bool:
    """Whoever released it: what a void is for has come about, as when it is told at once."""
    return payment["status"] == "voided" or bool(payment["captured"] >= payment["amount"])


def _refused(request: PaymentRequest, answer: httpx.Response) -> ProviderAnswer:
    """A definite no, in the provider's own words: a gateway's proves nothing. A key that an inquiry
    has voided meanwhile leaves the question open.
    """
    code = _code(answer)
    if not code:
        raise OutcomeUnknown(f"{request.key}: {answer.status_code} from somebody else")
    if code == "key_voided":
        raise OutcomeUnknown(f"{request.key}: an inquiry came first")
    if request.operation is PaymentOperation.VOID and code == "nothing_to_void":
        return ProviderAnswer(PaymentStatus.SUCCEEDED, request.payment)
    return ProviderAnswer(PaymentStatus.FAILED, request.payment, code)
