"""A payment provider that does as the test says, behind the port; the contract suite holds it to
the same behavior as the real adapters.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.payments import PaymentOperation, PaymentStatus
from ports.outside import (
    Capabilities,
    KeyRefused,
    OutcomeUnknown,
    PaymentRequest,
    ProviderAnswer,
)

DECLINES = {
    "tok_declined": (PaymentOperation.AUTHORIZE, "card_declined"),
    "tok_capture_fails": (PaymentOperation.CAPTURE, "capture_failed"),
    "tok_void_fails": (PaymentOperation.VOID, "void_failed"),
    "tok_refund_fails": (PaymentOperation.REFUND, "refund_failed"),
}


@dataclass
class FakeProvider:
    """Does each operation once per key, and answers as the test says: `weather` holds what the
    next calls meet: 'lost' (done, no answer), 'down' (not done, no answer). `source` of a card
    replaces the request's, as when its bank changes its mind; `expires_at` is told of every
    authorization. While `refuses_our_key`, nothing is done and nothing is told.
    """

    capabilities: Capabilities = field(default_factory=Capabilities)
    effects: dict[str, PaymentRequest] = field(default_factory=dict)
    answers: dict[str, ProviderAnswer] = field(default_factory=dict)
    weather: list[str] = field(default_factory=list)
    closed: set[PaymentOperation] = field(default_factory=set)
    passed: set[str] = field(default_factory=set)
    voided_keys: set[str] = field(default_factory=set)
    voided: set[str] = field(default_factory=set)
    source: str = ""
    expires_at: datetime | None = None
    refuses_our_key: bool = False
    refused: int = 0  # calls

    async def prepare(self, request: PaymentRequest) -> ProviderAnswer:
        self._check_key()
        return ProviderAnswer(PaymentStatus.REQUESTED, _object(request))

    def _check_key(self) -> None:
        if self.refuses_our_key:
            self.refused += 1
            raise KeyRefused("the payment provider refuses our key")

    async def perform(self, request: PaymentRequest) -> ProviderAnswer:
        self._check_key()
        weather = self.weather.pop(0) if self.weather else "fair"
        if weather == "down" or self._is_closed(request):
            raise OutcomeUnknown(request.key)
        if request.key not in self.effects:
            self.effects[request.key] = request
            self.answers[request.key] = self._answer(request)
        if weather == "lost":
            raise OutcomeUnknown(request.key)
        return self.answers[request.key]

    def _is_closed(self, request: PaymentRequest) -> bool:
        return request.operation in self.closed or request.key in self.voided_keys

    async def inquire(self, request: PaymentRequest) -> ProviderAnswer | None:
        self._check_key()
        if request.key not in self.effects:
            self.voided_keys.add(request.key)
            return None
        if request.key in self.passed:
            return self._succeeded(request)
        return self.answers[request.key]

    def _answer(self, request: PaymentRequest) -> ProviderAnswer:
        source = self.source or request.source
        operation, reason = DECLINES.get(source, (None, ""))
        if request.operation is operation:
            return ProviderAnswer(PaymentStatus.FAILED, _object(request), reason)
        if request.operation is PaymentOperation.CAPTURE and _object(request) in self.voided:
            return ProviderAnswer(PaymentStatus.FAILED, _object(request), "not_authorized")
        if request.operation is PaymentOperation.VOID:
            self.voided.add(_object(request))
        challenged = request.operation is PaymentOperation.AUTHORIZE
        if challenged and source == "tok_requires_action":
            url = "https://bank.example/3ds"
            return ProviderAnswer(PaymentStatus.REQUIRES_ACTION, _object(request), "", url)
        return self._succeeded(request)

    def _succeeded(self, request: PaymentRequest) -> ProviderAnswer:
        expires_at = self.expires_at if request.operation is PaymentOperation.AUTHORIZE else None
        return ProviderAnswer(PaymentStatus.SUCCEEDED, _object(request), expires_at=expires_at)

    def fail_refund(self, key: str, reason: str = "lost_or_stolen_card") -> None:
        """The customer's bank has not taken it: the money is back."""
        answer = self.answers[key]
        assert answer.status is PaymentStatus.SUCCEEDED, answer
        self.answers[key] = replace(answer, status=PaymentStatus.FAILED, reason=reason)

    def moved(self, operation: PaymentOperation) -> list[int]:
        """Amounts of the operations that succeeded, in the order they were asked for."""
        return [
            self.effects[key].amount
            for key, answer in self.answers.items()
            if self.effects[key].operation is operation
            and (answer.status is PaymentStatus.SUCCEEDED or key in self.passed)
        ]


def _object(request: PaymentRequest) -> str:
    return request.payment or f"pay_{request.key}"
