"""`orderloom demo`: a whole system, from nothing to audited books, and nothing left of it."""

import json
import subprocess
import sys

import pytest


@pytest.mark.timeout(240)
def test_a_small_demo_ends_with_every_order_at_its_end_and_clean_books(tmp_path, processes_of):
    home = tmp_path / "home"
    ended = subprocess.run(
        [sys.executable, "-m", "orderloom", "demo", "--orders", "9", "--json", "--home", str(home)],
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )
    assert ended.stdout, ended.stderr
    figures = json.loads(ended.stdout.splitlines()[-1])
    assert figures.pop("seconds") > 0
    assert figures.pop("orders_per_second") > 0
    assert figures == {
        "orders": 9,
        "closed": 8,
        "canceled": 1,
        "rejected": 0,
        "expired": 0,
        "returned": 1,
        "failed": 0,
        "cost": {},
        "violations": 0,
    }
    assert processes_of(home) == []
