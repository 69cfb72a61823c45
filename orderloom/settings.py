"""Every setting of Orderloom, in one class.

A value comes from the environment (``ORDERLOOM_<FIELD>``, and ``DATABASE_URL``), else from
``settings.json`` in the home, which the operator writes, else from ``run/addresses.json``, which
the supervisor writes while it runs, else from the home's generated keys, else from the default
here. So a part needs nothing but ``ORDERLOOM_HOME`` to find everything.
"""

import os
import re
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings.exceptions import SettingsError
from standardwebhooks import Webhook

from domain.four_eyes import FourEyes
from orderloom.errors import Refused
from orderloom.home import Home, HomeKind, home_path, read_json
from orderloom.keys import SIMULATOR_KEY_PREFIX
from orderloom.process_file import read_process

DRIVER = "postgresql+psycopg://"
_WEBHOOK_SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{32,86}={0,2}")  # by Standard Webhooks


class Settings(BaseSettings):
    """Read-only. Empty text means: not configured."""

    model_config = SettingsConfigDict(
        env_prefix="ORDERLOOM_",
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,  # an input may be a secret
    )

    home: Path = Field(default_factory=home_path)
    kind: HomeKind | None = None  # of the home; None when there is none (compose, cluster)

    # SQLAlchemy form; plain postgresql:// is normalised. It may hold a password: never printed.
    database_url: str = Field(default="", repr=False)
    database_pool_size: int = Field(default=16, ge=1, le=200)  # connections per process

    temporal_address: str = ""  # host:port; empty: what temporalio.envconfig finds
    temporal_namespace: str = "default"
    task_queue: str = "orderloom"

    api_host: str = "127.0.0.1"
    api_port: int = Field(default=8000, ge=0, le=65535)
    public_url: str = ""  # what links and webhooks start with; default from host and port

    server_key: SecretStr = SecretStr("")  # tracking tokens and JWTs are derived from it

    payment_provider: Literal["http", "stripe"] = "http"  # of new orders; others stay at theirs
    payment_url: str = ""
    payment_key: SecretStr = SecretStr("")
    stripe_key: SecretStr = SecretStr("")  # sk_…
    stripe_url: str = ""  # of its API; empty: Stripe itself
    warehouse_url: str = ""
    warehouse_key: SecretStr = SecretStr("")
    webhook_secrets: dict[str, SecretStr] = Field(default_factory=dict)  # by source
    channel_secrets: dict[str, SecretStr] = Field(default_factory=dict)  # by channel

    # How much one person may change within 24 hours before a second person has to look: units of a
    # SKU at a location, by counts, adjustments, regrades, deliveries beyond what was expected; and
    # points of a customer.
    four_eyes_stock_units: int = Field(default=100, ge=0)
    four_eyes_points: int = Field(default=10_000, ge=0)

    event_url: str = ""  # where news of orders are POSTed; empty: they are only logged
    event_secret: SecretStr = SecretStr("")  # whsec_…; they are signed with it

    # Written by the supervisor while it runs; simulator_keys come from a simulated home.
    temporal_ui_url: str = ""
    simulator_urls: dict[str, str] = Field(default_factory=dict)  # by name, see orderloom.keys
    simulator_keys: dict[str, SecretStr] = Field(default_factory=dict)

    max_cached_workflows: int = Field(default=2_000, ge=0)  # 50 to 90 KB each in the worker
    max_concurrent_activities: int = Field(default=32, ge=1)
    max_concurrent_workflow_tasks: int = Field(default=16, ge=2)
    graceful_shutdown_seconds: float = Field(default=3.0, ge=0)  # `up` allows a worker 5 s
    restart_seconds_max: float = Field(default=10.0, ge=0.2)  # `up`: of what dies over and over
    sandboxed_workflows: bool = False  # on in tests and replay, where it finds impurity

    seller_name: str = ""  # of invoices, as is what follows
    seller_address: list[str] = Field(default_factory=list)  # line by line
    seller_tax_id: str = ""
    seller_bank: list[str] = Field(default_factory=list)  # line by line: where to transfer to
    invoice_language: Literal["en", "zh_CN"] = "en"  # for readers who name none of them

    settlement_folder: Path | None = None  # where settlement files are dropped
    settlement_interval_seconds: float = Field(default=3_600, ge=1)  # between two reconciliations

    process_definition: Path | None = None  # JSON that overrides the durations of the process
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the interface's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        given = init_settings.init_kwargs if isinstance(init_settings, InitSettingsSource) else {}
        home = Home(home_path(given.get("home")))
        return (
            init_settings,
            env_settings,
            _Values(settings_cls, _from_database_url()),
            _Values(settings_cls, read_json(home.settings_file)),
            _Values(settings_cls, read_json(home.addresses_file)),
            _Values(settings_cls, _from_home(home)),
        )

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.resolve()

    @field_validator("process_definition")
    @classmethod
    def _usable(cls, path: Path | None) -> Path | None:
        if path is not None:
            read_process(path)
        return path

    @property
    def four_eyes(self) -> FourEyes:
        return FourEyes(self.four_eyes_stock_units, points=self.four_eyes_points)

    @field_validator("event_url")
    @classmethod
    def _an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0):
            raise ValueError("it does not begin with http:// or https:// and a host")
        if parts.username or parts.password:
            raise ValueError(
                "it may hold no password: logs show it, and the signature is the proof"
            )
        return url

    @field_validator("event_secret")
    @classmethod
    def _a_webhook_secret(cls, secret: SecretStr) -> SecretStr:
        written = secret.get_secret_value()
        if written and not _WEBHOOK_SECRET.fullmatch(written):
            raise ValueError("it is not whsec_ and 24 to 64 bytes in base64")
        if written:
            Webhook(written)  # refuses (ValueError) base64 that is cut off
        return secret

    @field_validator("database_url")
    @classmethod
    def _with_driver(cls, url: str) -> str:
        for plain in ("postgresql://", "postgres://"):
            if url.startswith(plain):
                return DRIVER + url.removeprefix(plain)
        return url

    @model_validator(mode="before")
    @classmethod
    def _public_url_from_host_and_port(cls, values: dict[str, Any]) -> dict[str, Any]:
        if values.get("public_url"):
            return values
        host = values.get("api_host", "127.0.0.1")
        reachable = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared
        return {**values, "public_url": f"http://{reachable}:{values.get('api_port', 8000)}"}

    @model_validator(mode="after")
    def _keys_fit_the_home(self) -> "Settings":
        for name in ("payment_key", "warehouse_key"):
            key = getattr(self, name).get_secret_value()
            simulated = key.startswith(SIMULATOR_KEY_PREFIX)
            if key and self.kind and simulated != (self.kind is HomeKind.SIMULATED):
                raise Refused(
                    f"{name} {'is' if simulated else 'is not'} a simulator's key "
                    f"({SIMULATOR_KEY_PREFIX}…), but {self.home} is a {self.kind} home."
                )
        return self

    @model_validator(mode="after")
    def _stripe_has_a_key(self) -> "Settings":
        if self.payment_provider == "stripe" and not self.stripe_key.get_secret_value():
            raise Refused("payment_provider is stripe, and stripe_key is not set.")
        return self

    @model_validator(mode="after")
    def _events_are_signed(self) -> "Settings":
        if self.event_url and not self.event_secret.get_secret_value():
            raise Refused(
                "event_url is set and event_secret is not, but events are signed. "
                "Make one: echo whsec_$(openssl rand -base64 24)"
            )
        return self


def load_settings(**given: Any) -> Settings:
    """The settings, `given` first. Refuses, naming the setting, what is malformed."""
    try:
        return Settings(**given)
    except ValidationError as error:
        faults = (f"{_named(detail)}: {detail['msg']}" for detail in error.errors())
        raise Refused(f"The settings are not usable. {'; '.join(faults)}.") from error
    except SettingsError as error:  # a dictionary in the environment that is no JSON
        raise Refused(f"The settings are not usable: {error}.") from error


def part_settings() -> Settings:
    """For a part that serves: refuses to start without a database and a server key."""
    settings = load_settings()
    if not settings.database_url:
        raise Refused(
            f"No database is known in {settings.home}. Start `orderloom up`, or set DATABASE_URL."
        )
    if not settings.server_key.get_secret_value():
        raise Refused("No server key is known. Set ORDERLOOM_SERVER_KEY, or ORDERLOOM_HOME.")
    return settings


def _named(error: ErrorDetails) -> str:
    return ".".join(str(name) for name in error["loc"])


class _Values(PydanticBaseSettingsSource):
    """A source whose values are already read."""

    def __init__(self, settings_cls: type[BaseSettings], values: dict[str, Any]) -> None:
        super().__init__(settings_cls)
        self._values = values

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        del field
        return self._values.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return self._values


def _from_database_url() -> dict[str, Any]:
    url = os.environ.get("DATABASE_URL")
    return {"database_url": url} if url else {}


def _from_home(home: Home) -> dict[str, Any]:
    keys = home.keys()
    simulator_keys = keys.get("simulator_keys", {})
    values = {
        "kind": home.kind(),
        "server_key": keys.get("server_key"),
        "webhook_secrets": keys.get("webhook_secrets"),
        "channel_secrets": keys.get("channel_secrets"),
        "payment_key": simulator_keys.get("payment"),
        "warehouse_key": simulator_keys.get("warehouse"),
        "simulator_keys": simulator_keys,
        "settlement_folder": home.settlements if home.kind() else None,
    }
    return {name: value for name, value in values.items() if value}
