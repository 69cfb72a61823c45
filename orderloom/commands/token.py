"""`orderloom token`: a bearer token for a person or a program."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from orderloom.commands.options import HomeOption, use_home
from orderloom.errors import Refused
from orderloom.roles import Role

CHANNEL_PREFIX = "channel:"  # as `api.auth` allows before a channel's name
NAME_CHARACTERS_MAX = 200
HOURS_MAX = 10 * 365 * 24  # ten years


def token(
    role: Annotated[list[Role], typer.Option(help="What the holder may do; may be repeated.")],
    name: Annotated[str, typer.Option(help="Whom the audit trail will name.")],
    expires_hours: Annotated[
        float, typer.Option(help="How long it is good for.", min=0.01, max=HOURS_MAX)
    ] = 12,
    home: HomeOption = None,
) -> None:
    """Print a bearer token for the API.

    A channel's token has no other role, and its name is the channel's.
    """
    _refuse_what_the_api_would(role, name)
    use_home(home)
    from orderloom.settings import load_settings
    from orderloom.tokens import issue

    settings = load_settings()
    server_key = settings.server_key.get_secret_value()
    if not server_key:
        raise Refused(
            f"No server key: there is no home in {settings.home}. Choose one with --home."
        )
    channel = name.removeprefix(CHANNEL_PREFIX)
    if Role.CHANNEL in role and channel not in settings.channel_secrets:
        known = ", ".join(sorted(settings.channel_secrets)) or "none"
        typer.secho(
            f"orderloom: the settings have no secret for a channel {channel!r} (known: {known}). "
            "The token is good for GraphQL; signed intake needs a secret.",
            fg="yellow",
            err=True,
        )
    valid_for = timedelta(hours=expires_hours)
    typer.echo(issue(server_key, name=name, roles=role, at=datetime.now(UTC), valid_for=valid_for))


def _refuse_what_the_api_would(roles: list[Role], name: str) -> None:
    if Role.CHANNEL in roles and set(roles) != {Role.CHANNEL}:
        raise Refused(
            "A token is a channel's or a person's, not both: --role channel stands alone."
        )
    if not name.strip() or not name.isprintable() or len(name) > NAME_CHARACTERS_MAX:
        raise Refused(
            "--name has to be a line of text, not blank, without control characters, "
            f"of at most {NAME_CHARACTERS_MAX} characters."
        )
