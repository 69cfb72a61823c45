"""The flow of an act of staff, in one place: what is checked before the books are asked."""

from collections.abc import Mapping

from api.commands import check_key, check_texts
from domain.access import Principal
from domain.acts import ActKind
from domain.codec import Json
from ports.back_office import ActAnswer, BackOffice


async def act(
    office: BackOffice,
    principal: Principal,
    key: str,
    kind: ActKind,
    subject: str,
    body: Mapping[str, Json],
    reason: str,
) -> ActAnswer:
    """Raises a Refusal."""
    check_key(key)
    check_texts({**body, "subject": subject, "reason": reason})
    return await office.act(principal, key, kind, subject, body, reason)
