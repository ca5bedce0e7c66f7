"""A process that is told to end does so in order, and in any case."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONG = 60  # seconds; a process that does not end by itself fails the test

SERVES = """
import time
from bot.ending import end_in_order
end_in_order(patience=0.1)
try:
    print("serving", flush=True)
    time.sleep({long})
finally:
    print("in order", flush=True)
"""
SWALLOWS = """
import time
from bot.ending import end_in_order
end_in_order(patience=0.1)
said = False
while True:
    try:
        if not said:
            said = True
            print("serving", flush=True)
        time.sleep({long})
    except SystemExit:
        pass
"""


@pytest.mark.parametrize(
    ("code", "status", "said", "logged"),
    [(SERVES, 0, "in order", ""), (SWALLOWS, 1, "", "not ended in order")],
    ids=["in-order", "held-up"],
)
def test_a_process_ends_when_it_is_told_to(code: str, status: int, said: str, logged: str) -> None:
    command = [sys.executable, "-c", code.format(long=10 * LONG)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "serving\n"
        process.terminate()
        out, errors = process.communicate(timeout=LONG)
    assert process.returncode == status
    assert said in out
    assert logged in out + errors
