"""Stripe, through its SDK: a PaymentIntent is one authorization, and captures once.

It is created unconfirmed, which has no effect, and its id is committed before it is confirmed. Keys
are ours, so that a repeated call has one effect. Stripe keeps the answer of a key, faults included:
what proves not to have happened is asked for anew, under the next key. It keeps what a key was for,
too, and refuses any other request under it ("idempotency_error", docs.stripe.com/api/errors): that
is how an inquiry closes a key.
"""

from typing import Any

import stripe

from adapters.payments.stripe_amounts import NotExpressible, to_stripe
from adapters.payments.stripe_answers import capture_before, captured, not_supported, refunded
from adapters.payments.stripe_words import (
    decline,
    field,
    is_definite,
    is_replayed,
    our_key,
    reason,
)
from domain.payments import PaymentOperation, PaymentStatus
from ports.outside import (
    Capabilities,
    OutcomeUnknown,
    PaymentRequest,
    ProviderAnswer,
    Unreachable,
)

TIMEOUT_SECONDS = 5.0  # a step is up to four calls, and ends after 25 s
REFERENCE = "reference"  # in the metadata: our key
ASKED = "inquired"  # in the metadata: the key that was closed last
_EXPAND = ["latest_charge"]


class StripePaymentProvider:
    """See `ports.outside.PaymentProvider`. An amount that Stripe cannot express is refused for good
    (`amount_not_supported`), before anything has an effect. `return_url` is where a bank sends its
    cardholder back to; without one, the shop's own page has to ask the cardholder.
    """

    capabilities = Capabilities(captures_per_authorization=1, prepares=True)

    def __init__(self, key: str, *, base_url: str = "", return_url: str = "") -> None:
        bases: Any = {"api": base_url} if base_url else {}
        self._http = stripe.HTTPXClient(timeout=TIMEOUT_SECONDS)
        self._client = stripe.StripeClient(
            key, base_addresses=bases, http_client=self._http, max_network_retries=0
        )
        self._return_url = return_url

    async def close(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call]  # the SDK's

    async def prepare(self, request: PaymentRequest) -> ProviderAnswer:
        """Under a key of the SDK's own: it has no effect, so that no fault need be remembered."""
        try:
            amount = to_stripe(request.amount, request.currency)
        except NotExpressible:
            return not_supported(request)
        params: Any = {
            "amount": amount,
            "currency": request.currency.lower(),
            "capture_method": "manual",
            "payment_method": request.source,
            "payment_method_types": ["card"],
            "metadata": {REFERENCE: request.key},
        }
        try:
            with our_key(request):
                intent = await self._client.v1.payment_intents.create_async(params)
        except stripe.StripeError as error:
            if is_definite(error):
                return ProviderAnswer(PaymentStatus.FAILED, "", reason(error))
            raise Unreachable(f"{request.key}: {type(error).__name__}") from error
        return ProviderAnswer(PaymentStatus.REQUESTED, intent.id)

    async def perform(self, request: PaymentRequest) -> ProviderAnswer:
        try:
            with our_key(request):
                return await self._do(request)
        except NotExpressible:
            return not_supported(request)
        except stripe.StripeError as error:
            raise OutcomeUnknown(f"{request.key}: {type(error).__name__}") from error

    async def inquire(self, request: PaymentRequest) -> ProviderAnswer | None:
        """Looks, and performs nothing. What does not show is barred first, so that a request under
        way cannot land late: an unconfirmed intent is canceled; of everything else the key is
        closed.
        """
        try:
            with our_key(request):
                return await self._find_out(request)
        except (stripe.StripeError, OutcomeUnknown) as error:
            raise Unreachable(f"{request.key}: {type(error).__name__}") from error

    async def _find_out(self, request: PaymentRequest) -> ProviderAnswer | None:
        found = await self._look(request)
        if found is not None:
            return found
        if request.operation is PaymentOperation.AUTHORIZE:
            if (await self._retrieve(request)).status != "canceled":
                await self._client.v1.payment_intents.cancel_async(request.payment)
            return None
        if await self._close_key(request):
            return await self._look(request)
        return await self._hear_again(request)

    async def _close_key(self, request: PaymentRequest) -> bool:
        """Uses the key up by a mark on the intent, which moves nothing: from then on Stripe refuses
        the operation under it. False when the operation was there first.
        """
        mark: Any = {"metadata": {ASKED: request.key}}
        try:
            await self._client.v1.payment_intents.update_async(
                request.payment, mark, {"idempotency_key": request.key}
            )
        except stripe.IdempotencyError:
            return False
        except stripe.StripeError as error:
            if not is_replayed(error):
                raise
        return True

    async def _hear_again(self, request: PaymentRequest) -> ProviderAnswer | None:
        """Stripe has begun it under this key: the same request again does nothing more, and is
        refused while the first is worked on. When it answers a fault that it remembers, the first
        is over, and what is to be seen then is the truth.
        """
        try:
            return await self._do(request)
        except stripe.StripeError as error:
            if not is_replayed(error):
                raise
        return await self._look(request)

    # What has an effect

    async def _do(self, request: PaymentRequest) -> ProviderAnswer:
        """A refusal is an answer, unless the intent shows that it has been done already."""
        try:
            return await self._effect(request)
        except stripe.CardError as error:
            return ProviderAnswer(PaymentStatus.FAILED, request.payment, reason(error))
        except stripe.StripeError as error:
            if not is_definite(error):
                raise
            return await self._as_it_stands(request, error)

    async def _effect(self, request: PaymentRequest) -> ProviderAnswer:
        match request.operation:
            case PaymentOperation.AUTHORIZE:
                return await self._confirm(request)
            case PaymentOperation.CAPTURE:
                return await self._capture(request)
            case PaymentOperation.VOID:
                return await self._cancel(request)
            case PaymentOperation.REFUND:
                return await self._refund(request)

    async def _confirm(self, request: PaymentRequest) -> ProviderAnswer:
        params: Any = {"expand": _EXPAND}
        if self._return_url:
            params["return_url"] = self._return_url
        intent = await self._client.v1.payment_intents.confirm_async(
            request.payment, params, {"idempotency_key": request.key}
        )
        return self._authorized(request, intent)

    async def _capture(self, request: PaymentRequest) -> ProviderAnswer:
        await self._client.v1.payment_intents.capture_async(
            request.payment,
            {"amount_to_capture": to_stripe(request.amount, request.currency)},
            {"idempotency_key": request.key},
        )
        return ProviderAnswer(PaymentStatus.SUCCEEDED, request.payment)

    async def _cancel(self, request: PaymentRequest) -> ProviderAnswer:
        await self._client.v1.payment_intents.cancel_async(
            request.payment, {}, {"idempotency_key": request.key}
        )
        return ProviderAnswer(PaymentStatus.SUCCEEDED, request.payment)

    async def _refund(self, request: PaymentRequest) -> ProviderAnswer:
        refund = await self._client.v1.refunds.create_async(
            {
                "payment_intent": request.payment,
                "amount": to_stripe(request.amount, request.currency),
                "metadata": {REFERENCE: request.key},
            },
            {"idempotency_key": request.key},
        )
        return refunded(request, refund)

    async def _as_it_stands(
        self, request: PaymentRequest, error: stripe.StripeError
    ) -> ProviderAnswer:
        """After a refusal by state: an earlier attempt may have done it. An authorization that an
        inquiry has put an end to leaves the question open.
        """
        done = await self._look(request)
        if done is not None:
            return done
        asked = request.operation is PaymentOperation.AUTHORIZE
        if asked and (await self._retrieve(request)).status == "canceled":
            raise OutcomeUnknown(f"{request.key}: an inquiry came first")
        return ProviderAnswer(PaymentStatus.FAILED, request.payment, reason(error))

    # What became of it

    async def _retrieve(self, request: PaymentRequest) -> stripe.PaymentIntent:
        return await self._client.v1.payment_intents.retrieve_async(
            request.payment, {"expand": _EXPAND}
        )

    async def _look(self, request: PaymentRequest) -> ProviderAnswer | None:
        """What Stripe shows of the operation; None when it shows that it has not happened."""
        if request.operation is PaymentOperation.REFUND:
            return await self._find_refund(request)
        return self._done(request, await self._retrieve(request))

    def _done(self, request: PaymentRequest, intent: stripe.PaymentIntent) -> ProviderAnswer | None:
        """What the intent's state says of the operation."""
        match request.operation:
            case PaymentOperation.AUTHORIZE:
                return self._authorization(request, intent)
            case PaymentOperation.CAPTURE:
                return captured(request, intent)
            case PaymentOperation.VOID:
                if intent.status == "succeeded":
                    return ProviderAnswer(PaymentStatus.FAILED, request.payment, "captured")
                happened = intent.status == "canceled"
            case PaymentOperation.REFUND:
                happened = False
        return ProviderAnswer(PaymentStatus.SUCCEEDED, request.payment) if happened else None

    def _authorization(
        self, request: PaymentRequest, intent: stripe.PaymentIntent
    ) -> ProviderAnswer | None:
        failed = intent.last_payment_error
        if intent.status == "requires_payment_method" and failed is not None:
            return ProviderAnswer(PaymentStatus.FAILED, request.payment, decline(failed))
        if intent.status in ("requires_capture", "requires_action", "succeeded"):
            return self._authorized(request, intent)
        return None

    def _authorized(self, request: PaymentRequest, intent: stripe.PaymentIntent) -> ProviderAnswer:
        if intent.status == "requires_action":
            url = field(intent, "next_action", "redirect_to_url", "url") or ""
            return ProviderAnswer(PaymentStatus.REQUIRES_ACTION, request.payment, action_url=url)
        if intent.status not in ("requires_capture", "succeeded"):
            raise OutcomeUnknown(f"{request.key}: the intent is {intent.status}")
        expires_at = capture_before(intent)
        return ProviderAnswer(PaymentStatus.SUCCEEDED, request.payment, expires_at=expires_at)

    async def _find_refund(self, request: PaymentRequest) -> ProviderAnswer | None:
        refunds: Any = await self._client.v1.refunds.list_async(
            {"payment_intent": request.payment, "limit": 100}
        )
        async for refund in refunds.auto_paging_iter():
            if field(refund, "metadata", REFERENCE) == request.key:
                return refunded(request, refund)
        return None
