"""Acts on orders and returns from the command line: each is a mutation of the API, which tells the
process of its order and hears what it decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orderloom.errors import Refused

if TYPE_CHECKING:
    from graphql import GraphQLInputObjectType

SUBJECTS = ("order", "return")  # what an act is about
GIVEN = {*SUBJECTS, "idempotencyKey", "reason"}  # by options, or as the subject


@dataclass(frozen=True)
class OrderAct:
    """`asks` are its fields by the name that is used here, true when there has to be one."""

    mutation: str
    subject: str
    asks: Mapping[str, bool]
    roles: Sequence[str]

    @property
    def document(self) -> str:
        about = "return" if self.mutation.startswith("return") else "order"
        kind = f"{self.mutation[0].upper()}{self.mutation[1:]}Input"
        return (
            f"mutation($input: {kind}!) {{ done: {self.mutation}(input: $input)"
            f" {{ userErrors {{ code message }} about: {about} {{ number status }} }} }}"
        )


def order_acts() -> dict[str, OrderAct]:
    """By name, as the schema has them, but `order_place`: that comes from channels."""
    from api.graphql.schema import schema

    mutations = schema._schema.mutation_type  # noqa: SLF001 - strawberry shows it by no other name
    assert mutations is not None  # noqa: S101
    acts = {}
    for name, field in mutations.fields.items():
        wanted: GraphQLInputObjectType = field.args["input"].type.of_type
        subject = next((each for each in SUBJECTS if each in wanted.fields), "")
        if name.startswith(SUBJECTS) and subject:
            acts[_snake(name)] = OrderAct(name, subject, _asks(wanted), _roles(_snake(name)))
    return acts


def _asks(wanted: "GraphQLInputObjectType") -> dict[str, bool]:
    from graphql import is_required_input_field

    return {
        _snake(name): is_required_input_field(field)
        for name, field in wanted.fields.items()
        if name not in GIVEN
    }


def _roles(name: str) -> Sequence[str]:
    from domain.commands import MAY_ASK_FOR_RETURN, ROLES, CommandKind

    kind = name.removeprefix("order_")
    return ROLES[CommandKind(kind)] if kind in set(CommandKind) else MAY_ASK_FOR_RETURN


async def act_on_order(
    act: OrderAct, subject: str, body: Mapping[str, Any], reason: str, key: str
) -> dict[str, str]:
    """The number of the order or return, and its status now. Refuses what the API refuses, and what
    cannot be asked of it.
    """
    import getpass

    import httpx

    from orderloom.graphql_client import TRY_AGAIN, Misunderstood, Person, Unavailable
    from orderloom.roles import Role
    from orderloom.settings import part_settings

    _check(act, subject, body)
    settings = part_settings()
    content = {act.subject: subject, "reason": reason, "idempotencyKey": key}
    content |= {_camel(name): value for name, value in body.items()}
    staff = (Role.AGENT, Role.WAREHOUSE, Role.FINANCE, Role.SUPERVISOR)
    async with httpx.AsyncClient() as http:
        person = Person(http, settings, f"cli:{getpass.getuser()}", *staff)
        try:
            done = (await person.ask(act.document, input=content))["done"]
        except Unavailable as error:
            raise Refused(
                f"The API at {settings.public_url} does not answer ({error}); `orderloom up` starts"
                f" it. Ask again with --key {key}: it is done once."
            ) from error
        except Misunderstood as error:
            raise Refused(f"It cannot be asked so: {error}") from error
    for refusal in done["userErrors"]:
        again = f" Ask again with --key {key}." if refusal["code"] == TRY_AGAIN else ""
        raise Refused(f"{refusal['code']}: {refusal['message'].rstrip('.')}.{again}")
    answer: dict[str, str] = done["about"]
    return answer


def _check(act: OrderAct, subject: str, body: Mapping[str, Any]) -> None:
    if not subject:
        raise Refused(f"Say which {act.subject}, by its number.")
    unknown = sorted(set(body) - set(act.asks))
    missing = sorted(name for name, needed in act.asks.items() if needed and name not in body)
    if unknown:
        asked = ", ".join(act.asks) or "nothing but a reason"
        raise Refused(f"It does not ask for {', '.join(unknown)}; it asks for {asked}.")
    if missing:
        raise Refused(f"It needs {', '.join(missing)}.")


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(word.capitalize() for word in more)
