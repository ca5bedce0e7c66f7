"""What may not be loaded to use a use case: a command that asks nothing of a model must not wait for one."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "faiss", "slack_bolt", "slack_sdk", "sentence_transformers", "sklearn", "nicegui", "matplotlib")


@pytest.mark.parametrize("module", ["bot.conversation", "bot.questions", "bot.sending", "bot.cli", "indexer.cli"])
def test_importing_a_use_case_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
