"""From the command line to a listening program, and from SIGTERM to exit code 0."""

import argparse
import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from simulators.kit.front_door import FrontDoor
from simulators.kit.journal import Journal
from simulators.kit.simulator import Simulator, Surroundings
from simulators.kit.weather import SettingsT, Weather
from simulators.kit.wire import Answer, Refused

KEEP_ALIVE_SECONDS = 75  # longer than any caller keeps an idle connection
SHUTDOWN_SECONDS = 1  # then answers still held are dropped; the contract allows 3 s in all


@dataclass(frozen=True)
class Options:
    host: str
    port: int
    journal: Path
    webhooks: str
    ready_file: Path | None
    settings: str


def main(simulator: type[Simulator[SettingsT]], settings: type[SettingsT]) -> None:
    options = _options(simulator.source)
    api_key, secret = _secret("SIMULATOR_API_KEY"), _secret("SIMULATOR_WEBHOOK_SECRET")
    weather = Weather(settings.model_validate_json(options.settings))

    async def run() -> None:
        base = options.webhooks.rstrip("/")
        program = simulator(Surroundings(Journal(options.journal), weather, base, secret))
        program.start()
        await _serve(program, api_key, options)
        await program.close()

    uvloop.run(run())


async def _serve(program: Simulator[SettingsT], api_key: str, options: Options) -> None:
    handlers: Any = {Refused: _refused, HTTPException: _no_such_route}
    app = Starlette(routes=program.all_routes(), exception_handlers=handlers)
    door = FrontDoor(app, program.journal, program.weather, api_key)
    listener = _listen(options)
    config = uvicorn.Config(
        door,
        lifespan="off",
        access_log=False,
        log_level="critical",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    server = _Server(config, f"http://{options.host}:{listener.getsockname()[1]}", options)
    await server.serve(sockets=[listener])


class _Server(uvicorn.Server):
    """uvicorn that says where it listens, and ends with 0 when it is told to stop."""

    def __init__(self, config: uvicorn.Config, url: str, options: Options) -> None:
        super().__init__(config)
        self._url = url
        self._ready_file = options.ready_file

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(f"listening on {self._url}", flush=True)
        if self._ready_file:
            draft = self._ready_file.with_suffix(".draft")
            draft.write_text(self._url)
            draft.replace(self._ready_file)  # whoever sees the file sees all of it

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn raises the signal again after its shutdown; ours is a clean end."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, setattr, self, "should_exit", True)
        yield


def _options(source: str) -> Options:
    parser = argparse.ArgumentParser(prog=f"simulators.{source}")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--journal", type=Path, required=True, help="JSONL; state is built from it")
    parser.add_argument("--webhooks", required=True, help="base URL of the system to call")
    parser.add_argument("--ready-file", type=Path, help="gets our URL once we listen")
    parser.add_argument("--settings", default="{}", help="JSON, see simulators/README.md")
    return Options(**vars(parser.parse_args()))


def _secret(name: str) -> str:
    if value := os.environ.get(name):
        return value
    raise SystemExit(f"the environment variable {name} is not set")


def _listen(options: Options) -> socket.socket:
    return socket.create_server((options.host, options.port), backlog=2048)


async def _refused(_request: Request, refusal: Refused) -> Response:
    return refusal.answer().response()


async def _no_such_route(_request: Request, error: HTTPException) -> Response:
    body = {"error": "no_such_route", "message": error.detail}
    return Answer(error.status_code, body).response()
