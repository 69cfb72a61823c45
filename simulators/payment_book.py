"""The payment provider's book: what payments and operations are, and what each request comes to.

Deciding (`authorization`, `capture`, ...) changes nothing and gives facts; `take` changes the book
by a fact from the journal. No HTTP and no clock here.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from simulators.kit.wire import Json

CARDS = {
    "tok_ok": "authorized",
    "tok_declined": "declined",
    "tok_requires_action": "requires_action",
    "tok_capture_fails": "authorized",
}
REFUSALS = {
    "exceeds_authorization": "more than what is authorized and not yet captured",
    "not_authorized": "the payment is not authorized",
    "authorization_expired": "the authorization has expired",
    "nothing_to_void": "no authorization is left to release",
    "exceeds_captured": "more than what is captured and neither refunded nor charged back",
}


@dataclass(slots=True)
class Payment:
    id: str
    reference: str
    amount: int  # minor units, as all amounts
    currency: str
    source: str
    since: datetime
    status: str  # authorized, declined, requires_action, voided
    captured: int = 0
    refunded: int = 0  # less what failed
    charged_back: int = 0  # less what was given back
    expires_at: str | None = None

    @property
    def left(self) -> int:
        """What can still be refunded, or charged back."""
        return self.captured - self.refunded - self.charged_back

    def has_expired(self, at: datetime) -> bool:
        return self.expires_at is not None and datetime.fromisoformat(self.expires_at) <= at

    def view(self) -> Json:
        return {
            "id": self.id,
            "reference": self.reference,
            "status": self.status,
            "amount": self.amount,
            "currency": self.currency,
            "captured": self.captured,
            "refunded": self.refunded,
            "charged_back": self.charged_back,
            "expires_at": self.expires_at,
            "decline_code": "card_declined" if self.status == "declined" else None,
            "action_url": f"https://bank.example/challenges/{self.id}"
            if self.status == "requires_action"
            else None,
        }


@dataclass(slots=True)
class Operation:
    """`status` of an authorization is the payment's answer; of the others succeeded or failed; a
    refund that has succeeded may fail yet.
    """

    id: str
    operation: str
    reference: str
    amount: int
    status: str
    payment: Payment
    error: str | None = None
    at: str = ""
    reason: str | None = None  # why a refund that had succeeded failed
    failed_at: str = ""  # … and when

    def view(self) -> Json:
        return {
            "id": self.id,
            "operation": self.operation,
            "reference": self.reference,
            "status": self.status,
            "reason": self.reason,
            "amount": self.amount,
            "payment": self.payment.view(),
        }


@dataclass(slots=True)
class Dispute:
    """A cardholder's bank has taken a capture back, or a part of it."""

    id: str
    capture: Operation
    amount: int
    reason: str
    at: str
    reversed_at: str = ""

    def view(self) -> Json:
        return {"id": self.id, "amount": self.amount, "reason": self.reason}


@dataclass(slots=True)
class Book:
    payments: dict[str, Payment] = field(default_factory=dict)
    by_key: dict[str, Operation] = field(default_factory=dict)
    authorizations: dict[str, Operation] = field(default_factory=dict)  # by payment
    disputes: dict[str, Dispute] = field(default_factory=dict)

    def authorization(self, reference: str, amount: int, currency: str, source: str) -> Json:
        payment = f"pay_{secrets.token_hex(10)}"
        facts = _facts(payment, reference, amount, currency, CARDS[source])
        return {**facts, "source": source}

    def capture(self, payment: Payment, reference: str, amount: int, at: datetime) -> Json:
        if payment.status != "authorized":
            return _refusal(payment, reference, amount, "not_authorized")
        if payment.has_expired(at):
            return _refusal(payment, reference, amount, "authorization_expired")
        if payment.captured + amount > payment.amount:
            return _refusal(payment, reference, amount, "exceeds_authorization")
        status = "failed" if payment.source == "tok_capture_fails" else "succeeded"
        return _facts(payment.id, reference, amount, payment.currency, status)

    def void(self, payment: Payment, reference: str, at: datetime) -> Json:
        left = 0 if payment.has_expired(at) else payment.amount - payment.captured
        if payment.status not in {"authorized", "requires_action"} or not left:
            return _refusal(payment, reference, 0, "nothing_to_void")
        return _facts(payment.id, reference, left, payment.currency, "succeeded")

    def refund(self, payment: Payment, reference: str, amount: int) -> Json:
        if amount > payment.left:
            return _refusal(payment, reference, amount, "exceeds_captured")
        return _facts(payment.id, reference, amount, payment.currency, "succeeded")

    def challenge(self, payment: Payment, *, passed: bool) -> Json:
        status = "authorized" if passed else "declined"
        facts = _facts(payment.id, payment.reference, payment.amount, payment.currency, status)
        return {**facts, "operation": self.authorizations[payment.id].id}

    def succeeded(self, kind: str, reference: str) -> Operation | None:
        """A capture or a refund."""
        found = (each for each in self.by_key.values() if each.reference == reference)
        ours = (each for each in found if each.operation == kind)
        return next((each for each in ours if each.status == "succeeded"), None)

    def disputable(self, capture: Operation) -> int:
        taken = sum(
            each.amount
            for each in self.disputes.values()
            if each.capture is capture and not each.reversed_at
        )
        return min(capture.amount - taken, capture.payment.left)

    def chargeback(self, capture: Operation, amount: int, reason: str) -> Json:
        dispute = f"dp_{secrets.token_hex(10)}"
        return {**_disputed(capture, dispute, amount), "reason": reason}

    def reversal(self, dispute: Dispute) -> Json:
        return _disputed(dispute.capture, dispute.id, dispute.amount)

    def take_dispute(self, kind: str, facts: Json) -> Dispute:
        """Books a fact: the bank takes, or gives back."""
        payment = self.payments[facts["payment"]]
        if kind == "chargeback_reversal":
            dispute = self.disputes[facts["dispute"]]
            dispute.reversed_at = facts["at"]
            payment.charged_back -= facts["amount"]
            return dispute
        capture = self.succeeded("capture", facts["reference"])
        assert capture is not None, "only a capture is disputed"  # noqa: S101
        dispute = Dispute(facts["dispute"], capture, facts["amount"], facts["reason"], facts["at"])
        self.disputes[dispute.id] = dispute
        payment.charged_back += facts["amount"]
        return dispute

    def refund_failure(self, refund: Operation, reason: str) -> Json:
        return {
            "payment": refund.payment.id,
            "operation": refund.id,
            "reference": refund.reference,
            "amount": refund.amount,
            "currency": refund.payment.currency,
            "reason": reason,
            "status": "succeeded",
        }

    def take_refund_failure(self, facts: Json) -> Operation:
        """Books a fact: the customer's bank has not taken it."""
        refund = next(each for each in self.by_key.values() if each.id == facts["operation"])
        refund.status, refund.reason, refund.failed_at = "failed", facts["reason"], facts["at"]
        refund.payment.refunded -= refund.amount
        return refund

    def take(self, kind: str, facts: Json) -> Operation:
        """Books a fact. A challenge finishes the authorization it belongs to."""
        if kind == "challenge":
            operation = self.authorizations[facts["payment"]]
            operation.status = operation.payment.status = facts["status"]
            return operation
        payment = self._book(kind, facts)
        operation = Operation(
            facts["operation"],
            kind,
            facts["reference"],
            facts["amount"],
            facts["status"],
            payment,
            facts.get("error"),
            facts["at"],
        )
        self.by_key[facts["key"]] = operation
        if kind == "authorize":
            self.authorizations[payment.id] = operation
        return operation

    def _book(self, kind: str, facts: Json) -> Payment:
        if kind == "authorize":
            names = ("reference", "amount", "currency", "source", "status")
            chosen = {name: facts[name] for name in names}
            payment = Payment(
                facts["payment"],
                since=datetime.fromisoformat(facts["at"]),
                expires_at=facts.get("expires_at"),
                **chosen,
            )
            self.payments[payment.id] = payment
            return payment
        payment = self.payments[facts["payment"]]
        match kind, facts["status"]:
            case "capture", "succeeded":
                payment.captured += facts["amount"]
            case "refund", "succeeded":
                payment.refunded += facts["amount"]
            case "void", "succeeded":
                payment.status = "voided"
        return payment


def _disputed(capture: Operation, dispute: str, amount: int) -> Json:
    return {
        "payment": capture.payment.id,
        "operation": capture.id,
        "reference": capture.reference,
        "dispute": dispute,
        "amount": amount,
        "currency": capture.payment.currency,
        "status": "succeeded",
    }


def _facts(payment: str, reference: str, amount: int, currency: str, status: str) -> Json:
    return {
        "payment": payment,
        "operation": f"op_{secrets.token_hex(10)}",
        "reference": reference,
        "amount": amount,
        "currency": currency,
        "status": status,
    }


def _refusal(payment: Payment, reference: str, amount: int, error: str) -> Json:
    facts = _facts(payment.id, reference, amount, payment.currency, "refused")
    return {**facts, "error": error}
