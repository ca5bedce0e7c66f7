"""The console's inbox entries: what they mean, and whom they are not believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders import NOON, WORKSPACE, message, ref
from console_town import ConsoleTown
from town import ANSWERER, ASKER, OTHER

from bot.events import Asked, Commanded, Deleted, Edited, LookedUp, Posted, Pressed, Reacted, Unreacted
from bot.platforms.console import events
from indexer.corpus import Database
from indexer.model import MessageRef

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def console(database: Database) -> ConsoleTown:
    made = ConsoleTown(database)
    with made.unit.begin() as work:
        work.corpus.record([message("1", "質問です", reactions={"eyes": (OTHER,)})], NOON)
        work.corpus.record([message("5", "県内だけの話です", channel_id="GPREF")], NOON)
    return made


def payload(**facts: str) -> dict[str, Any]:
    return {"member": ASKER, "channel": "C0HELP", "at": LATER.isoformat(), **facts}


def test_a_post_is_a_root_or_a_reply(console: ConsoleTown) -> None:
    root = console.platform.translate(events.POST, payload(message="7", thread="", text="  困っています  "))
    reply = console.platform.translate(events.POST, payload(message="8", thread="7", text="@Kyoso 教えて"))
    posted = message("7", "困っています")
    assert root == [Posted(replace(posted, posted_at=LATER))]
    assert isinstance(reply[0], Posted)
    assert (reply[0].message.root, reply[0].mentions_bot) == (ref("7"), True)


def test_an_edit_keeps_everything_but_the_words(console: ConsoleTown) -> None:
    (edited,) = console.platform.translate(events.EDIT, payload(message="1", text="書き直しました"))
    assert isinstance(edited, Edited)
    before = message("1", "質問です", reactions={"eyes": (OTHER,)})
    assert edited.message == replace(before, text="書き直しました", edited_at=LATER)


def test_other_kinds(console: ConsoleTown) -> None:
    translate = console.platform.translate
    here = ref("1")
    assert translate(events.DELETE, payload(message="1")) == [Deleted(here, LATER)]
    tick = payload(message="1", emoji=":white_check_mark:")
    assert translate(events.REACT, tick) == [Reacted(here, "white_check_mark", ASKER, LATER)]
    assert translate(events.UNREACT, tick) == [Unreacted(here, "white_check_mark", ASKER, LATER)]
    pressed = payload(message="1", action="helpful", value="1:2", handle="h")
    assert translate(events.PRESS, pressed) == [Pressed(WORKSPACE, "C0HELP", ASKER, "helpful", "1:2", "h", here)]
    command = payload(name="/similar", text="回線", handle="h")
    assert translate(events.COMMAND, command) == [Commanded(WORKSPACE, "C0HELP", ASKER, "similar", "回線", "h")]
    assert translate(events.LOOK_UP, payload(message="1", handle="h")) == [LookedUp(here, ASKER, "質問です", "h")]
    direct = {"member": ASKER, "at": LATER.isoformat(), "message": "9", "text": "回線"}
    assert translate(events.DIRECT, direct) == [Asked(MessageRef(WORKSPACE, "", "9"), ASKER, "回線")]


@pytest.mark.parametrize("kind", [events.EDIT, events.DELETE])
def test_only_ones_own_posts_are_changed(console: ConsoleTown, kind: str) -> None:
    assert console.platform.translate(kind, payload(member=ANSWERER, message="1", text="乗っ取り")) == []


@pytest.mark.parametrize("kind", [events.POST, events.REACT, events.PRESS, events.COMMAND, events.LOOK_UP])
def test_a_private_room_is_closed_to_others(console: ConsoleTown, kind: str) -> None:
    facts = {"message": "5", "text": "x", "emoji": "eyes", "action": "more", "name": "similar", "handle": "h"}
    assert console.platform.translate(kind, payload(channel="GPREF", **facts))
    assert console.platform.translate(kind, payload(channel="GPREF", **facts) | {"member": OTHER}) == []


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"member": ASKER},
        {"member": 3, "at": LATER.isoformat(), "channel": "C0HELP"},
        {"member": ASKER, "at": "yesterday", "channel": "C0HELP", "message": "1", "text": "x"},
        {"member": ASKER, "at": "2026-04-01T00:00:00", "channel": "C0HELP", "message": "1", "text": "x"},
        {"member": ASKER, "at": LATER.isoformat(), "channel": ["C0HELP"], "message": None, "text": {}},
        {"member": ASKER, "at": LATER.isoformat(), "channel": "C404", "message": "1", "text": "x"},
    ],
)
def test_odd_payloads_mean_nothing(console: ConsoleTown, odd: dict[str, Any]) -> None:
    kinds = (
        events.POST,
        events.EDIT,
        events.REACT,
        events.PRESS,
        events.COMMAND,
        events.LOOK_UP,
        events.DIRECT,
        "unheard",
    )
    for kind in kinds:
        if kind == events.DIRECT and odd.get("text") == "x" and odd.get("channel") == "C404":
            continue  # a direct message stands in no channel
        assert console.platform.translate(kind, odd) == []


def test_ids_grow_even_when_the_clock_stands(console: ConsoleTown) -> None:
    ids = [console.platform.new_id() for _ in range(100)]
    assert ids == sorted(set(ids))
