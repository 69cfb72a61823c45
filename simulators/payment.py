"""The payment provider. Run: python -m simulators.payment --help

Journal lines (besides those of every program, see README.md):
  authorize | capture | void | refund
      payment, operation, key, request, reference, amount, currency, status; authorize has source
      and expires_at.
      status: authorize authorized | declined | requires_action;
      the others succeeded | failed (the provider's answer) | refused (a 409; `error` says why).
  chargeback | chargeback_reversal
      payment, operation and reference (the capture's), dispute, amount, currency, reason (of the
      chargeback), status succeeded
  refund_failure
      payment, operation and reference (the refund's), amount, currency, reason, status succeeded: a
      refund that had succeeded has failed
  challenge   payment, operation (the authorization's), reference, amount, currency,
              status authorized | declined
  key_voided  key: asked for before it ever came; refused from now on
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Annotated, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulators.kit.journal import Line
from simulators.kit.launch import main
from simulators.kit.settlement import Paid, SettlementBody
from simulators.kit.simulator import Outcome, Simulator, Surroundings
from simulators.kit.weather import Seconds, Settings
from simulators.kit.wire import (
    Answer,
    Body,
    Command,
    Json,
    Params,
    Refused,
    now,
    parse,
    read_json,
)
from simulators.payment_book import CARDS, REFUSALS, Book, Operation, Payment

WEBHOOKS = {
    ("authorize", "authorized"): "payment.authorized",
    ("authorize", "declined"): "payment.declined",
    ("capture", "succeeded"): "payment.captured",
    ("capture", "failed"): "payment.capture_failed",
    ("void", "succeeded"): "payment.voided",
    ("refund", "succeeded"): "payment.refunded",
}
DISPUTES = {
    "chargeback": "payment.charged_back",
    "chargeback_reversal": "payment.chargeback_reversed",
}

REFUND_FAILED = "refund_failure"
WEEK_SECONDS = 7 * 24 * 3600.0
Reference = Annotated[str, Field(min_length=1, max_length=255)]
Amount = Annotated[int, Field(ge=1)]


class PaymentSettings(Settings):
    auto_challenge_after: Seconds | None = None  # the cardholder passes by himself; null is never
    authorized_for: Seconds | None = WEEK_SECONDS  # then it expires; null is never


class AuthorizeBody(Body):
    reference: Reference
    amount: Amount
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    source: str


class AmountBody(Body):
    reference: Reference
    amount: Amount


class ReferenceBody(Body):
    reference: Reference


class ChallengeBody(Body):
    outcome: Literal["passed", "failed"]


class ChargebackBody(Body):
    reference: Reference  # the capture's
    amount: Amount | None = None  # all that is left of it
    reason: str = "fraudulent"


class RefundFailureBody(Body):
    reference: Reference  # the refund's
    reason: str = "account_closed"


class PaymentProvider(Simulator[PaymentSettings]):
    source = "payment"

    def __init__(self, surroundings: Surroundings[PaymentSettings]) -> None:
        super().__init__(surroundings)
        self._book = Book()

    def routes(self) -> Sequence[Route]:
        post, one = ["POST"], "/v1/payments/{payment}"
        return (
            Route("/v1/payments", self.keyed(self._authorize), methods=post),
            Route(f"{one}/captures", self.keyed(self._capture), methods=post),
            Route(f"{one}/void", self.keyed(self._void), methods=post),
            Route(f"{one}/refunds", self.keyed(self._refund), methods=post),
            Route(f"{one}/challenge", self._challenge, methods=post),
            Route("/_control/chargebacks", self._charge_back, methods=post),
            Route("/_control/chargebacks/{dispute}/reversal", self._give_back, methods=post),
            Route("/_control/refund_failures", self._fail_refund, methods=post),
            Route(one, self.query(self._show)),
            Route("/v1/operations/{key:path}", self.query(self._inquire)),
        )

    def apply(self, line: Line) -> Outcome:
        kind = line["kind"]
        if kind == "key_voided":
            self.keys.void(line["key"])
            return Outcome()
        if kind in DISPUTES:
            dispute = self._book.take_dispute(kind, line)
            capture = dispute.capture
            data = {
                "payment": capture.payment.view(),
                "operation": capture.view(),
                "chargeback": dispute.view(),
            }
            return Outcome(Answer(201, dispute.view()), (DISPUTES[kind], data))
        if kind == REFUND_FAILED:
            refund = self._book.take_refund_failure(line).view()
            told = {"payment": refund["payment"], "operation": refund}
            return Outcome(Answer(201, refund), ("payment.refund_failed", told))
        operation = self._book.take(kind, line)
        self._await_cardholder(operation.payment)
        return Outcome(_answer(operation), _webhook(operation))

    def paid_out(self, asked: SettlementBody) -> Iterable[Paid]:
        del asked
        for each in self._book.by_key.values():
            reference, currency = each.reference, each.payment.currency
            if each.operation == "capture" and each.status == "succeeded":
                yield Paid("charge", reference, each.amount, currency, each.at)
            if each.operation == "refund" and (each.status == "succeeded" or each.failed_at):
                yield Paid("refund", reference, -each.amount, currency, each.at)
            if each.failed_at:
                yield Paid(REFUND_FAILED, reference, each.amount, currency, each.failed_at)
        for taken in self._book.disputes.values():
            currency = taken.capture.payment.currency
            yield Paid("chargeback", taken.id, -taken.amount, currency, taken.at)
            if taken.reversed_at:
                back = ("chargeback_reversal", taken.id, taken.amount)
                yield Paid(*back, currency, taken.reversed_at)

    def settings_changed(self) -> None:
        super().settings_changed()
        for payment in self._book.payments.values():
            self._await_cardholder(payment)

    def _authorize(self, command: Command) -> Answer:
        body = parse(AuthorizeBody, command.body)
        if body.source not in CARDS:
            raise Refused(422, "unknown_source", f"one of {', '.join(CARDS)}")
        facts = self._book.authorization(**body.model_dump())
        if self.settings.authorized_for is not None:
            expires_at = now() + timedelta(seconds=self.settings.authorized_for)
            facts["expires_at"] = expires_at.isoformat()
        return self.record("authorize", facts, command)

    def _capture(self, command: Command) -> Answer:
        body = parse(AmountBody, command.body)
        payment = self._payment(command.params)
        facts = self._book.capture(payment, body.reference, body.amount, now())
        return self.record("capture", facts, command)

    def _void(self, command: Command) -> Answer:
        body = parse(ReferenceBody, command.body)
        facts = self._book.void(self._payment(command.params), body.reference, now())
        return self.record("void", facts, command)

    def _refund(self, command: Command) -> Answer:
        body = parse(AmountBody, command.body)
        payment = self._payment(command.params)
        facts = self._book.refund(payment, body.reference, body.amount)
        return self.record("refund", facts, command)

    async def _charge_back(self, request: Request) -> Response:
        """What the cardholder's bank does, in any weather."""
        body = parse(ChargebackBody, await read_json(request))
        capture = self._book.succeeded("capture", body.reference)
        if capture is None:
            raise Refused(404, "unknown_capture", "no such capture has succeeded")
        left = self._book.disputable(capture)
        amount = left if body.amount is None else body.amount
        if not 0 < amount <= left:
            raise Refused(409, "exceeds_captured", REFUSALS["exceeds_captured"])
        facts = self._book.chargeback(capture, amount, body.reason)
        return await self._at_the_bank("chargeback", facts)

    async def _give_back(self, request: Request) -> Response:
        """The dispute was won."""
        dispute = self._book.disputes.get(request.path_params["dispute"])
        if dispute is None:
            raise Refused(404, "unknown_dispute", "no such dispute")
        if dispute.reversed_at:
            raise Refused(409, "given_back_already", "the dispute was won before")
        return await self._at_the_bank("chargeback_reversal", self._book.reversal(dispute))

    async def _fail_refund(self, request: Request) -> Response:
        """The customer's bank does not take what was refunded."""
        body = parse(RefundFailureBody, await read_json(request))
        refund = self._book.succeeded("refund", body.reference)
        if refund is None:
            raise Refused(404, "unknown_refund", "no such refund has succeeded")
        return await self._at_the_bank(
            REFUND_FAILED, self._book.refund_failure(refund, body.reason)
        )

    async def _at_the_bank(self, kind: str, facts: Json) -> Response:
        answer = self.record(kind, facts)
        await self.journal.synced()
        return answer.response()

    async def _challenge(self, request: Request) -> Response:
        """What the cardholder does at his bank; he has no idempotency key."""
        body = parse(ChallengeBody, await read_json(request))
        payment = self._payment(request.path_params)
        if payment.status != "requires_action":
            raise Refused(409, "nothing_to_challenge", f"the payment is {payment.status}")
        return self._answer_challenge(payment, passed=body.outcome == "passed").response()

    def _answer_challenge(self, payment: Payment, *, passed: bool) -> Answer:
        return self.record("challenge", self._book.challenge(payment, passed=passed))

    def _await_cardholder(self, payment: Payment) -> None:
        if payment.status != "requires_action":
            self.timers.cancel(payment.id)
            return
        pass_it = partial(self._answer_challenge, payment, passed=True)
        self.timers.set(payment.id, payment.since, self.settings.auto_challenge_after, pass_it)

    def _show(self, params: Params) -> Answer:
        return Answer(200, self._payment(params).view())

    def _inquire(self, params: Params) -> Answer:
        """What came of a key. One never seen is voided, so that 404 stays true."""
        key = params["key"]
        if operation := self._book.by_key.get(key):
            status = "failed" if operation.error else operation.status
            return Answer(200, {**operation.view(), "status": status})
        if not self.keys.is_voided(key):
            self.record("key_voided", {"key": key})
        raise Refused(404, "unknown_key", "never seen, and refused from now on")

    def _payment(self, params: Params) -> Payment:
        if payment := self._book.payments.get(params["payment"]):
            return payment
        raise Refused(404, "unknown_payment", "no such payment")


def _answer(operation: Operation) -> Answer:
    if operation.error:
        return Refused(409, operation.error, REFUSALS[operation.error]).answer()
    authorizes = operation.operation == "authorize"
    return Answer(201, operation.payment.view() if authorizes else operation.view())


def _webhook(operation: Operation) -> tuple[str, Json] | None:
    kind = WEBHOOKS.get((operation.operation, operation.status))
    if kind is None:
        return None
    view = None if operation.operation == "authorize" else operation.view()
    return kind, {"payment": operation.payment.view(), "operation": view}


if __name__ == "__main__":
    main(PaymentProvider, PaymentSettings)
