"""`kyoso bench serve`: how long members wait for the bot, on the sample community as `kyoso demo` plays it."""

from __future__ import annotations

import json
import multiprocessing
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.bootstrap import Bot, SystemClock
from bot.config import BotSettings
from bot.demo import prepare
from bot.platforms.console.desk import Desk
from bot.store.outbox import State
from indexer import bootstrap as indexing
from indexer.config import SHIPPED
from indexer.evaluation.memory import peak_mb
from indexer.model import MessageRef

QUESTIONS = 100
PATIENCE_SECONDS = 30.0
LOOK_SECONDS = 0.002  # between two looks; adds that much at most
CHANNEL = "何でも相談"


@dataclass(frozen=True, slots=True)
class ServeMeasure:
    """Milliseconds from a member's post to the bot's answer on the page's side of the outbox; MB held at most.

    `ready_seconds`: from nothing to ready, the index built. `silent`: questions the bot decided not to answer; they are
    timed until that decision.
    """

    questions: int
    silent: int
    first_ms: float
    p50_ms: float
    p95_ms: float
    ready_seconds: float
    peak_mb: float


def bench_serve(questions: int = QUESTIONS) -> ServeMeasure:
    """Measure in a process of its own, as the demo runs."""
    with (
        tempfile.TemporaryDirectory(prefix="kyoso-bench-") as folder,
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone,
    ):
        return alone.submit(_measured, Path(folder), questions).result()


def _measured(folder: Path, questions: int) -> ServeMeasure:
    start = time.perf_counter()
    settings = BotSettings(data_dir=folder)
    with indexing.database(settings) as database:
        bot, console = prepare(settings, database, SystemClock(), "http://127.0.0.1:0")
        ready = time.perf_counter() - start
        desk = Desk(bot.community.unit, bot.community.clock, console, bot.wake)
        with bot.working():
            waits = [_asked(bot, desk, text) for text in _texts(questions)]
    taken = [seconds * 1000 for seconds, _ in waits]
    p50, p95 = np.percentile(taken[1:], (50, 95)).tolist()
    silent = sum(not answered for _, answered in waits)
    return ServeMeasure(len(waits), silent, taken[0], p50, p95, ready, peak_mb())


def _texts(questions: int) -> list[str]:
    lines = (SHIPPED / "eval" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines[:questions]]


def _asked(bot: Bot, desk: Desk, text: str) -> tuple[float, bool]:
    """Post a question; the seconds until the bot has answered or decided not to, and whether it answered."""
    workspace_id = desk.platform.workspace.id
    with bot.community.unit.read() as work:
        room = next(room for room in work.corpus.channels(workspace_id) if room.name == CHANNEL)
        members = work.corpus.members(workspace_id)
        author = next(member for member in members if not (member.bot or member.deleted))
    start = time.perf_counter()
    message_id = desk.post(author.id, room.id, text)
    while time.perf_counter() - start < PATIENCE_SECONDS:
        with bot.community.unit.read() as work:
            decided = work.suggestions.of_question(MessageRef(workspace_id, room.id, message_id))
            said = work.outbox.in_thread(workspace_id, room.id, message_id)
            unasked = work.inbox.counts().keys() <= {"done"} and work.corpus.thread(
                MessageRef(workspace_id, room.id, message_id)
            )
        if decided and all(kept.state is State.SENT for kept in said):
            return time.perf_counter() - start, bool(said)
        if unasked and not decided:
            return time.perf_counter() - start, False
        time.sleep(LOOK_SECONDS)
    raise TimeoutError
