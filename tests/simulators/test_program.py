"""A simulator as a program: how it starts, says so, and ends."""

import asyncio
import subprocess
import sys
import time

import httpx
import pytest


def run(name, *options, **environment):
    return subprocess.run(
        [sys.executable, "-m", f"simulators.{name}", *options],
        env={"PATH": "", **environment},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


async def test_it_says_where_it_listens_and_ends_cleanly_while_an_answer_hangs(launch, eventually):
    program = await launch("payment", hang=1, hang_seconds=60)
    body = {"reference": "P", "amount": 1, "currency": "USD", "source": "tok_ok"}
    call = asyncio.create_task(program.post("/v1/payments", body, "P"))
    await eventually(lambda: program.kinds(reference="P"))
    client, program.client = program.client, None  # stays connected while the program ends
    started = time.monotonic()
    assert await program.stop() == 0
    assert time.monotonic() - started < 3
    (cut,) = await asyncio.gather(call, return_exceptions=True)
    assert isinstance(cut, httpx.TransportError) or cut.status_code == 500
    await client.aclose()
    assert program.output == f"listening on {program.url}\n"


async def test_the_journal_has_one_writer(launch):
    program = await launch("carrier")
    secrets = {"SIMULATOR_API_KEY": "k", "SIMULATOR_WEBHOOK_SECRET": "whsec_c2VjcmV0"}
    options = ("--journal", str(program.journal), "--webhooks", program.base)
    second = await asyncio.to_thread(run, "carrier", *options, **secrets)
    assert second.returncode != 0
    assert "already open" in second.stderr


@pytest.mark.parametrize("missing", ["SIMULATOR_API_KEY", "SIMULATOR_WEBHOOK_SECRET"])
def test_it_does_not_start_without_its_secrets(tmp_path, missing):
    names = {"SIMULATOR_API_KEY", "SIMULATOR_WEBHOOK_SECRET"} - {missing}
    options = ("--journal", str(tmp_path / "j"), "--webhooks", "http://127.0.0.1:1")
    ended = run("payment", *options, **dict.fromkeys(names, "whsec_c2VjcmV0"))
    assert ended.returncode == 1
    assert missing in ended.stderr
