"""Outside parties that do as the test says, behind the ports; the contract suites hold them to the
same behaviour as the real adapters.
"""

from dataclasses import dataclass, field

from domain.payments import PaymentOperation, PaymentStatus
from ports.outside import (
    Capabilities,
    OutcomeUnknown,
    ParcelRequest,
    PaymentRequest,
    ProviderAnswer,
)


@dataclass
class FakeProvider:
    """Does each operation once per key, and answers as the test says: `weather` holds what the
    next calls meet: 'lost' (done, no answer), 'down' (not done, no answer).
    """

    capabilities: Capabilities = field(default_factory=Capabilities)
    effects: dict[str, PaymentRequest] = field(default_factory=dict)
    answers: dict[str, ProviderAnswer] = field(default_factory=dict)
    weather: list[str] = field(default_factory=list)
    passed: set[str] = field(default_factory=set)
    voided_keys: set[str] = field(default_factory=set)

    async def perform(self, request: PaymentRequest) -> ProviderAnswer:
        weather = self.weather.pop(0) if self.weather else "fair"
        if weather == "down" or request.key in self.voided_keys:
            raise OutcomeUnknown(request.key)
        if request.key not in self.effects:
            self.effects[request.key] = request
            self.answers[request.key] = self._answer(request)
        if weather == "lost":
            raise OutcomeUnknown(request.key)
        return self.answers[request.key]

    async def inquire(self, request: PaymentRequest) -> ProviderAnswer | None:
        if request.key not in self.effects:
            self.voided_keys.add(request.key)
            return None
        if request.key in self.passed:
            return ProviderAnswer(PaymentStatus.SUCCEEDED, "pay_1")
        return self.answers[request.key]

    def _answer(self, request: PaymentRequest) -> ProviderAnswer:
        if request.operation is PaymentOperation.AUTHORIZE:
            special = {
                "tok_declined": ProviderAnswer(PaymentStatus.FAILED, "pay_1", "card_declined"),
                "tok_requires_action": ProviderAnswer(
                    PaymentStatus.REQUIRES_ACTION, "pay_1", "", "https://bank.example/3ds"
                ),
            }
            if request.source in special:
                return special[request.source]
        if request.operation is PaymentOperation.CAPTURE and request.source == "tok_capture_fails":
            return ProviderAnswer(PaymentStatus.FAILED, "pay_1", "capture_failed")
        return ProviderAnswer(PaymentStatus.SUCCEEDED, "pay_1")

    def moved(self, operation: PaymentOperation) -> list[int]:
        """Amounts of the operations that succeeded."""
        return [
            self.effects[key].amount
            for key, answer in self.answers.items()
            if self.effects[key].operation is operation
            and (answer.status is PaymentStatus.SUCCEEDED or key in self.passed)
        ]


@dataclass
class FakeWarehouse:
    parcels: dict[str, ParcelRequest] = field(default_factory=dict)
    cancel_requests: list[str] = field(default_factory=list)

    async def submit(self, parcel: ParcelRequest) -> None:
        self.parcels[parcel.fulfillment_order] = parcel

    async def request_cancel(self, fulfillment_order: str) -> None:
        self.cancel_requests.append(fulfillment_order)
