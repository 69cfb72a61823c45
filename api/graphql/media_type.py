"""Which of GraphQL's two media types a caller prefers, by its Accept header (RFC 9110 12.5.1)."""

RESPONSE = "application/graphql-response+json"
LEGACY = "application/json"


def preferred(accept: str) -> str:
    """The one with the higher weight, the first named of two equal ones; `application/json` where
    nothing, or a wildcard, decides.
    """
    weights = [_weight(part) for part in accept.split(",")]
    named = [(name, weight) for name, weight in weights if name in (RESPONSE, LEGACY) and weight]
    if not named:
        return LEGACY
    return max(named, key=lambda each: each[1])[0]  # the first of equal ones


def _weight(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return name, float(parameter.removeprefix("q="))
            except ValueError:
                return name, 0.0
    return name, 1.0
