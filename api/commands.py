"""The flow of a command, in one place: GraphQL and the tracking page both go through here."""

from api.books import Books
from api.json_body import holds_unstorable_text
from api.refusals import FieldError, InvalidInput
from domain.access import Principal
from domain.codec import Json
from domain.commands import CommandKind
from domain.errors import Refusal, refusal_of
from domain.order import LineUnits
from ports.desk import DeskUnavailable, NoSuchProcess
from ports.front_office import AcceptedCommand

KEY_MAX = 200  # characters
TEXT_MAX = 500


async def carry_out(
    books: Books,
    principal: Principal,
    key: str,
    kind: CommandKind,
    subject: str,
    body: dict[str, Json],
) -> Json:
    """The outcome of a command on an order or a return: stored first, then delivered to its
    process. The same key and body give the same outcome. Raises a Refusal, or `DeskUnavailable`
    when the process did not answer: the command is stored and will be delivered.
    """
    check_key(key)
    check_texts(body)
    accepted = await books.commands.accept(principal, key, kind, subject, body)
    if accepted.settled:
        return _stored_outcome(accepted)
    try:
        outcome = await books.desk.command(subject, accepted.command)
    except Refusal as refusal:
        # Changes nothing when the process itself has committed this outcome.
        await books.commands.refuse(accepted.command.id, refusal.code, refusal.message)
        raise
    except NoSuchProcess as error:  # placed a moment ago, and the relay has yet to start it
        raise DeskUnavailable(f"{subject} has not started yet") from error
    await books.commands.heard(accepted.command.id)
    return outcome


async def request_return(
    books: Books,
    principal: Principal,
    key: str,
    order: str,
    lines: list[LineUnits],
    reason: str,
) -> str:
    """The number of the return, which is stored and about to start. Raises a Refusal."""
    check_key(key)
    check_texts({"reason": reason})
    rma = await books.commands.request_return(principal, key, order, lines, reason)
    books.background.start("start_return", _start(books, rma), rma=rma)
    return rma


async def _start(books: Books, rma: str) -> None:
    await books.desk.start_return(rma)
    await books.outbox.started(f"return/{rma}/start")


def check_key(key: str, field: str = "idempotencyKey") -> None:
    """Refuses (`InvalidInput`) a key that is empty, too long or not printable ASCII; `field` is
    where it stood.
    """
    if not 1 <= len(key) <= KEY_MAX or not key.isascii() or not key.isprintable():
        message = f"a key is 1 to {KEY_MAX} printable ASCII characters"
        raise InvalidInput([FieldError(field, message)])


def check_texts(body: dict[str, Json]) -> None:
    texts = {name: text for name, text in body.items() if isinstance(text, str)}
    wrong = [
        FieldError(name, f"at most {TEXT_MAX} characters, without NUL")
        for name, text in texts.items()
        if len(text) > TEXT_MAX or holds_unstorable_text(text)
    ]
    if not texts.get("source", "given").strip():
        wrong.append(FieldError("source", "it is empty; a decline of it would use up an attempt"))
    if wrong:
        raise InvalidInput(wrong)


def _stored_outcome(accepted: AcceptedCommand) -> Json:
    if accepted.refusal is not None:
        raise refusal_of(*accepted.refusal)
    return accepted.outcome
