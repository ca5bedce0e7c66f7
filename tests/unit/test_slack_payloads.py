"""Recorded payloads of every shape, blank or filled with odd values, pass the listeners and never raise."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from builders import WORKSPACE
from fakes import FakeClock, FakeDirectory
from slack_bolt import App, BoltRequest

from bot.platforms.slack.events import Translator
from bot.platforms.slack.identity import Identity
from bot.platforms.slack.listeners import Listeners, bolt_app
from bot.store import UnitOfWork
from indexer.corpus import Database
from indexer.resolution import ResolutionRules

RECORDED = Path(__file__).parents[3] / "shared/data/slack_payloads"
FILES = sorted(RECORDED.rglob("*.json"))
ME = Identity(WORKSPACE, "U0KYOSO", "B0KYOSO", "A0KYOSO")
ODD: list[Any] = [
    None,
    "",
    " ",
    0,
    -1,
    1.5,
    True,
    [],
    {},
    [None],
    [[]],
    {"id": None},
    "U0KYOSO",
    "<@U0KYOSO>",
    "D1",
    "C1",
]
ODD += ["1790000000.000100", "x" * 300, "\ud800", "\x00", "message_changed", "tombstone", "block_actions", "2e9"]

pytestmark = pytest.mark.skipif(not FILES, reason="the recorded payloads are not beside this checkout")


@pytest.fixture
def unit(database: Database) -> UnitOfWork:
    return UnitOfWork(database, ResolutionRules())


@pytest.fixture
def app(unit: UnitOfWork) -> App:
    return bolt_app(Listeners(unit, ME, FakeClock()), token="xoxb-test", api_url="http://127.0.0.1:9/api/")


def names() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in FILES:
        yield path.stem, json.loads(path.read_text("utf-8"))


def filled(value: Any, chance: random.Random) -> Any:
    """`value` with some of its parts replaced by odd ones or left out."""
    if chance.random() < 0.15:
        return copy.deepcopy(chance.choice(ODD))
    if isinstance(value, dict):
        return {key: filled(part, chance) for key, part in value.items() if chance.random() > 0.1}
    if isinstance(value, list):
        return [filled(part, chance) for part in value[:3]]
    if isinstance(value, str):
        return value or chance.choice(["U1", "C1", "1790000000.000100", "言葉 <@U1> &amp;", "https://example.jp"])
    return value


def understand(unit: UnitOfWork) -> int:
    with unit.begin() as work:
        entries = work.inbox.due(FakeClock().now(), limit=10_000)
        for entry in entries:
            Translator(ME, FakeDirectory(), FakeClock().now).translate(entry.kind, entry.payload)
            work.inbox.done(entry.id)
    return len(entries)


def test_every_recorded_payload_is_acknowledged_and_understood(app: App, unit: UnitOfWork) -> None:
    for name, payload in names():
        answer = app.dispatch(BoltRequest(body=payload, mode="socket_mode"))
        assert (name, answer.status) == (name, 200)
    assert understand(unit) > len(FILES) / 2


def test_payloads_filled_at_random_are_too(unit: UnitOfWork) -> None:
    chance = random.Random(20261122)
    listeners = Listeners(unit, ME, FakeClock())
    for _name, payload in names():
        for _ in range(4):
            listeners.keep({key: filled(part, chance) for key, part in payload.items()})
            listeners.keep(payload | {"event": filled(payload.get("event", {}), chance)})
    understand(unit)
