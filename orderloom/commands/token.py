"""`orderloom token`: a bearer token for a person or a program."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from orderloom.commands.options import HomeOption, use_home
from orderloom.errors import Refused
from orderloom.roles import Role


def token(
    role: Annotated[list[Role], typer.Option(help="What the holder may do; may be repeated.")],
    name: Annotated[str, typer.Option(help="Whom the audit trail will name.")],
    expires_hours: Annotated[float, typer.Option(help="How long it is good for.", min=0.01)] = 12,
    home: HomeOption = None,
) -> None:
    """Print a bearer token for the API."""
    use_home(home)
    from orderloom.settings import load_settings
    from orderloom.tokens import issue

    settings = load_settings()
    server_key = settings.server_key.get_secret_value()
    if not server_key:
        raise Refused(
            f"No server key: there is no home in {settings.home}. Choose one with --home."
        )
    valid_for = timedelta(hours=expires_hours)
    typer.echo(issue(server_key, name=name, roles=role, at=datetime.now(UTC), valid_for=valid_for))
