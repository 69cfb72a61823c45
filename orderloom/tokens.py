"""Bearer tokens for people and programs that call the API: JWTs, signed with HS256."""

import hashlib
import hmac
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.jwk import OctKey

from orderloom.roles import Role

ISSUER = "orderloom"
AUDIENCE = "orderloom-api"
KEY_LABEL = b"orderloom/jwt"


def signing_key(server_key: str) -> OctKey:
    """Derived by label, so that no other use of the server key can forge a token."""
    return OctKey.import_key(hmac.digest(server_key.encode(), KEY_LABEL, hashlib.sha256))


def issue(
    server_key: str, *, name: str, roles: list[Role], at: datetime, valid_for: timedelta
) -> str:
    """A token for `name`; claims: sub, roles, iss, aud, iat, exp (whole seconds)."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": name,
        "roles": [str(role) for role in roles],
        "iat": int(at.timestamp()),
        "exp": int((at + valid_for).timestamp()),
    }
    return jwt.encode({"alg": "HS256"}, claims, signing_key(server_key))
