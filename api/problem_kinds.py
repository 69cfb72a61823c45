"""The kinds of problem that the API's REST answers name (RFC 9457): each has a page that says what
to do, at `/problems/<slug>`. What the domain refuses has its kinds in `api.refusals`.
"""

from dataclasses import dataclass

PROBLEMS_PATH = "/problems"


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """`title` says what is wrong for every occurrence, `advice` what a caller can do about it."""

    slug: str
    status: int
    title: str
    advice: str

    @property
    def type(self) -> str:
        return f"{PROBLEMS_PATH}/{self.slug}"


UNAUTHENTICATED = ProblemKind(
    "unauthenticated",
    401,
    "The request carries no valid bearer token",
    "Send `Authorization: Bearer <token>`. `orderloom token --name … --role …` issues one.",
)
BAD_SIGNATURE = ProblemKind(
    "bad-signature",
    401,
    "The signature does not fit the message",
    "Sign webhook-id, webhook-timestamp and the exact body bytes with your own secret, as Standard "
    "Webhooks says. A proxy that rewrites the body breaks the signature.",
)
STALE_TIMESTAMP = ProblemKind(
    "stale-timestamp",
    401,
    "The message was signed too long ago, or in the future",
    "Sign each attempt anew with the current time, and check the clock of the sending machine: "
    "five minutes are tolerated.",
)
MALFORMED_JSON = ProblemKind(
    "malformed-json",
    400,
    "The body is not usable JSON",
    "Send one JSON object in UTF-8, without NaN, infinities, NUL characters or lone "
    "surrogates, and each key once in its object.",
)
BAD_REQUEST = ProblemKind(
    "bad-request",
    400,
    "The request is not well-formed",
    "Read the detail, correct the request, and send it again.",
)
BODY_TOO_LARGE = ProblemKind(
    "body-too-large",
    413,
    "The body is larger than 1 MiB",
    "Send one order or event per request. An order has at most 200 lines, which is far below this.",
)
UNKNOWN_CHANNEL = ProblemKind(
    "unknown-channel",
    404,
    "There is no such channel",
    "Check the channel in the path. An operator adds a channel by giving it a secret.",
)
UNKNOWN_SOURCE = ProblemKind(
    "unknown-source",
    404,
    "There is no such source of webhooks",
    "Send to /webhooks/payment, /webhooks/warehouse or /webhooks/carrier.",
)
NO_SUCH_PAGE = ProblemKind(
    "no-such-page",
    404,
    "There is nothing at this address",
    "Check the path. The index page lists what there is.",
)
METHOD_NOT_ALLOWED = ProblemKind(
    "method-not-allowed",
    405,
    "This address does not take that method",
    "Use a method that the Allow header names.",
)
NOT_READY = ProblemKind(
    "not-ready",
    503,
    "The database does not answer",
    "Wait and ask again. `orderloom doctor` says what is missing.",
)
INTERNAL_ERROR = ProblemKind(
    "internal-error",
    500,
    "Something went wrong on our side",
    "Send the same request again: idempotency keys make that safe. If it stays, tell the operator "
    "the request_id, which the log has too.",
)

EDGE_PROBLEMS = (
    UNAUTHENTICATED,
    BAD_SIGNATURE,
    STALE_TIMESTAMP,
    MALFORMED_JSON,
    BAD_REQUEST,
    BODY_TOO_LARGE,
    UNKNOWN_CHANNEL,
    UNKNOWN_SOURCE,
    NO_SUCH_PAGE,
    METHOD_NOT_ALLOWED,
    NOT_READY,
    INTERNAL_ERROR,
)
