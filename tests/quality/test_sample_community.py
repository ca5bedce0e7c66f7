"""The sample community holds what the demo, the tests and the measurements rest on."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from indexer.channel_map_file import SHIPPED_MAP, load
from indexer.config import SHIPPED
from indexer.municipalities import shipped

SAMPLE = SHIPPED / "sample"
EVAL = SHIPPED / "eval"
GRAM = 4  # characters; shorter runs are shared by any two Japanese sentences
MOST_SHARED = 0.5  # of the shorter text's grams


@dataclass(frozen=True)
class Thread:
    channel: str
    messages: tuple[dict[str, Any], ...]

    @property
    def root(self) -> dict[str, Any]:
        return self.messages[0]


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def threads() -> tuple[Thread, ...]:
    messages: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for day in sorted(SAMPLE.glob("*/*.json")):
        for message in read(day):
            messages.setdefault((day.parent.name, message.get("thread_ts", message["ts"])), []).append(message)
    return tuple(
        Thread(channel, tuple(sorted(said, key=lambda m: float(m["ts"])))) for (channel, _), said in messages.items()
    )


@cache
def kinds() -> dict[tuple[str, str], dict[str, str]]:
    lines = (EVAL / "post_kinds.jsonl").read_text(encoding="utf-8").splitlines()
    return {(entry["channel"], entry["ts"]): entry for entry in map(json.loads, lines)}


@cache
def questions() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (EVAL / "questions.jsonl").read_text(encoding="utf-8").splitlines()]


def kind(thread: Thread) -> str:
    return kinds()[thread.channel, thread.root["ts"]]["kind"]


def state(thread: Thread) -> str:
    return kinds()[thread.channel, thread.root["ts"]]["state"]


def grams(text: str) -> frozenset[str]:
    packed = re.sub(r"<[^>]*>|\s", "", text)
    return frozenset(packed[at : at + GRAM] for at in range(len(packed) - GRAM + 1))


def test_there_are_threads_enough_over_channels_and_time() -> None:
    assert len(threads()) >= 300
    assert len({thread.channel for thread in threads()}) >= 45
    moments = [datetime.fromtimestamp(float(thread.root["ts"]), UTC) for thread in threads()]
    assert (max(moments) - min(moments)).days >= 18 * 30
    by_month = Counter((moment.year, moment.month) for moment in moments)
    assert len(by_month) >= 18
    assert min(by_month.values()) >= 5


def test_about_two_thirds_of_the_questions_are_resolved_and_some_unanswered() -> None:
    asked = [thread for thread in threads() if kind(thread) in ("question", "poll")]
    share = Counter(state(thread) for thread in asked)
    assert 0.6 <= share["resolved"] / len(asked) <= 0.7
    assert share["unanswered"] >= 15
    assert all(len(thread.messages) == 1 for thread in asked if state(thread) == "unanswered")


def test_all_kinds_of_posts_and_traces_of_life_are_there() -> None:
    counted = Counter(map(kind, threads()))
    assert counted["poll"] >= 20
    assert min(counted[name] for name in ("announcement", "smalltalk", "thanks", "intro")) >= 3
    assert sum(len(thread.messages) >= 9 for thread in threads()) >= 10
    messages = [message for thread in threads() for message in thread.messages]
    assert sum("edited" in message for message in messages) >= 10
    assert sum(message.get("subtype") == "thread_broadcast" for message in messages) >= 5
    assert sum("reactions" in message for message in messages) >= 200
    assert sum("/archives/" in message["text"] for message in messages) >= 25
    assert sum("<@U" in message["text"] for message in messages) >= 20


def test_members_are_named_by_place_and_post_and_resolve_to_municipalities() -> None:
    users = read(SAMPLE / "users.json")
    people = [user for user in users if not user["is_bot"]]
    resolved = [shipped().of(user["profile"]["display_name"], user["profile"]["title"]) for user in people]
    assert sum(place is not None for place in resolved) >= 0.95 * len(people)
    assert len({place.code for place in resolved if place}) >= 100
    assert sum(user["deleted"] for user in users) >= 2
    assert sum(user["is_restricted"] for user in users) >= 2
    ids = {user["id"] for user in users}
    assert all(message.get("user") in ids for thread in threads() for message in thread.messages if "user" in message)


def test_its_channels_are_those_of_the_channel_map() -> None:
    named = {entry.name for entry in load(SHIPPED_MAP).entries}
    assert {channel["name"] for channel in read(SAMPLE / "channels.json")} == named
    assert {thread.channel for thread in threads()} <= named


def test_no_two_texts_are_alike() -> None:
    texts = [message["text"] for thread in threads() for message in thread.messages]
    long = [text for text in texts if len(text) > 25]
    assert len(set(long)) == len(long)
    where: dict[str, list[int]] = {}
    cut = [grams(text) for text in long]
    for number, pieces in enumerate(cut):
        for gram in pieces:
            where.setdefault(gram, []).append(number)
    shared = Counter(pair for numbers in where.values() for pair in combinations(numbers, 2))
    alike = [
        (long[one][:40], long[other][:40])
        for (one, other), count in shared.items()
        if count > MOST_SHARED * min(len(cut[one]), len(cut[other]))
    ]
    assert not alike


def test_the_questions_of_the_evaluation_are_new_and_their_labels_stand() -> None:
    known = {(thread.channel, thread.root["ts"]): thread for thread in threads()}
    assert len(questions()) >= 200
    assert sum(not question["answerable"] for question in questions()) >= 60
    assert len({question["text"] for question in questions()}) == len(questions())
    for question in questions():
        assert question["answerable"] == bool(question["relevant"])
        asked = grams(question["text"])
        for label in question["relevant"]:
            thread = known[label["channel"], label["ts"]]
            assert state(thread) == "resolved"
            shared = asked & grams(thread.root["text"])
            assert len(shared) <= MOST_SHARED * len(asked), question["_id"]


@pytest.mark.parametrize("name", ["question", "poll"])
def test_every_question_is_labelled_with_its_kind(name: str) -> None:
    assert len(kinds()) == len(threads())
    assert name in {entry["kind"] for entry in kinds().values()}
