"""Bearer tokens → `Principal`. A token says who somebody is; what they may do, the domain says."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import OctKey

from api.problem_kinds import UNAUTHENTICATED
from api.problems import Problem
from domain.access import STAFF, Principal, Role

ALGORITHMS = ("HS256",)
CHANNEL_PREFIX = "channel:"
GRANTABLE = STAFF | {Role.DEVELOPER, Role.CHANNEL}  # customer and system never come by token


class TokenReader:
    """Reads the tokens that `orderloom token` issues."""

    def __init__(
        self, key: OctKey, *, issuer: str, audience: str, clock: Callable[[], datetime]
    ) -> None:
        self._key = key
        self._issuer = issuer
        self._audience = audience
        self._clock = clock

    def principal(self, authorization: str | None) -> Principal:
        """Whom the header's value stands for. Refuses (`Problem`, 401), saying what is wrong."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise _unauthenticated("There is no `Authorization: Bearer <token>` header.")
        return _principal(self._claims(token.strip()))

    def _claims(self, token: str) -> dict[str, Any]:
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock().timestamp()),
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._audience},
            sub={"essential": True},
            exp={"essential": True},
        )
        try:
            claims = jwt.decode(token, self._key, algorithms=ALGORITHMS).claims
            registry.validate(claims)
        except ExpiredTokenError as error:
            raise _unauthenticated("The token has expired.") from error
        except (JoseError, ValueError) as error:
            raise _unauthenticated(f"The token is not valid: {type(error).__name__}.") from error
        return claims


def channel_principal(channel: str) -> Principal:
    """A channel, however it came in: by token or by its signature."""
    return Principal(f"{CHANNEL_PREFIX}{channel}", frozenset({Role.CHANNEL}), scope=channel)


def _principal(claims: dict[str, Any]) -> Principal:
    name, named = claims["sub"], claims.get("roles")
    if not isinstance(named, list) or not named:
        raise _unauthenticated("The token names no roles.")
    known = [role.value for role in GRANTABLE]
    unknown = sorted(str(role) for role in named if role not in known)
    if unknown:
        raise _unauthenticated(f"The token names roles that nobody can have: {', '.join(unknown)}.")
    roles = frozenset(Role(role) for role in named)
    if Role.CHANNEL not in roles:
        return Principal(name, roles)
    if roles != {Role.CHANNEL}:
        raise _unauthenticated("A token is a channel's or a person's, not both.")
    return channel_principal(name.removeprefix(CHANNEL_PREFIX))


def _unauthenticated(detail: str) -> Problem:
    return Problem(UNAUTHENTICATED, detail)
