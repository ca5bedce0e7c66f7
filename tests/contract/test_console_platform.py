"""The console keeps the contract of every chat platform; what it says stands in the outbox and nowhere else.

Left out of the shared suite: the three tests of a network that fails. The console has none; a database that is away
raises its own error, which the sender treats as one that may pass.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from builders import NOON, WORKSPACE, channel, member, message
from contract.test_chat_platform import (
    OTHER,
    REPLY,
    Stage,
    test_a_command_is_answered_in_private,
    test_a_direct_message_is_found_by_its_member,
    test_a_home_page_is_shown_anew,
    test_a_key_as_long_as_the_outbox_allows_is_found,
    test_a_post_is_found_by_its_key,
    test_a_post_is_replaced_and_removed,
    test_a_whisper_reaches_one_member,
    test_an_answer_takes_the_place_of_a_whisper_that_was_pressed,
    test_an_unknown_channel_is_refused,
    test_channels_and_members_are_described,
    test_files_arrive_in_the_message_that_carries_the_key,
    test_nothing_is_no_event,
    test_the_workspace_is_known,
    test_what_others_see_stays_whatever_the_answer_to_a_press,
)
from fakes import FakeClock

from bot.errors import PlatformRefusedError
from bot.platforms.console import sayings
from bot.platforms.console.client import ConsolePlatform
from bot.sending import Sender
from bot.store import UnitOfWork
from bot.store.outbox import Delivery, Outgoing, State
from indexer.corpus import Database
from indexer.model import Workspace
from indexer.resolution import ResolutionRules

__all__ = [
    "test_a_command_is_answered_in_private",
    "test_a_direct_message_is_found_by_its_member",
    "test_a_home_page_is_shown_anew",
    "test_a_key_as_long_as_the_outbox_allows_is_found",
    "test_a_post_is_found_by_its_key",
    "test_a_post_is_replaced_and_removed",
    "test_a_whisper_reaches_one_member",
    "test_an_answer_takes_the_place_of_a_whisper_that_was_pressed",
    "test_an_unknown_channel_is_refused",
    "test_channels_and_members_are_described",
    "test_files_arrive_in_the_message_that_carries_the_key",
    "test_nothing_is_no_event",
    "test_the_workspace_is_known",
    "test_what_others_see_stays_whatever_the_answer_to_a_press",
]


@pytest.fixture
def unit(database: Database) -> UnitOfWork:
    made = UnitOfWork(database, ResolutionRules())
    with made.begin() as work:
        work.corpus.record_channels([channel(), channel("G0ROOM", "県内担当", private=True, members=("U1",))], NOON)
        work.corpus.record_members([member("U1"), member("U2", "福岡市")], NOON)
        work.corpus.record([message("1", "証明書が出ません")], NOON)
    return made


@pytest.fixture
def platform(unit: UnitOfWork) -> ConsolePlatform:
    return ConsolePlatform(unit, FakeClock(), Workspace(WORKSPACE, "見本", "https://console.example"))


@pytest.fixture
def stage(unit: UnitOfWork, platform: ConsolePlatform) -> Stage:
    def said(channel_id: str) -> list[sayings.Saying]:
        with unit.read() as work:
            if channel_id.startswith("D"):
                return sayings.directs(work, WORKSPACE, f"U{channel_id[1:]}")
            in_thread = sayings.in_thread(work, WORKSPACE, channel_id, "1", "U9")
            return in_thread + sayings.in_channel(work, WORKSPACE, channel_id, "U9")

    def texts(channel_id: str) -> list[str]:
        return [saying.reply.text for saying in said(channel_id)]

    def files(channel_id: str) -> list[bytes]:
        return [file.content for saying in said(channel_id) for file in saying.reply.attachments]

    def home(member_id: str) -> str:
        with unit.read() as work:
            shown = sayings.home(work, WORKSPACE, member_id)
        assert shown is not None
        return shown.reply.text

    def whispered() -> list[tuple[str, str]]:
        with unit.read() as work:
            return [
                (member_id, saying.reply.text)
                for member_id in ("U1", "U2")
                for saying in sayings.in_thread(work, WORKSPACE, "C0HELP", "1", member_id)
                if saying.private
            ]

    def answered() -> list[str]:
        with unit.read() as work:
            return [saying.reply.text for saying in sayings.answers(work, WORKSPACE, ["U1/handle"]).values()]

    def press_whisper() -> str:
        with unit.read() as work:
            (said,) = sayings.in_thread(work, WORKSPACE, "C0HELP", "1", "U1")
        return sayings.pressing(f"U1/{said.reply.text}", said.number)

    fails: Callable[[str], None] = lambda _how: None  # noqa: E731
    return Stage(platform, "1", texts, whispered, "U1/handle", answered, fails, files, home, press_whisper)


def test_the_outbox_row_is_the_message_and_no_second_is_made(unit: UnitOfWork, platform: ConsolePlatform) -> None:
    clock = FakeClock()
    sender = Sender(unit, clock, {WORKSPACE: platform})
    with unit.begin() as work:
        work.outbox.put(Outgoing("answer:1", WORKSPACE, Delivery.POST, REPLY, "C0HELP", "1"), clock.now())
    sender.work()
    with unit.begin() as work:
        work.outbox.revise("answer:1", OTHER, clock.now())
    sender.work()
    with unit.read() as work:
        assert work.outbox.counts() == {"sent": 2}
        said = sayings.in_thread(work, WORKSPACE, "C0HELP", "1", "U1")
        assert [(saying.reply.text, saying.message_id) for saying in said] == [
            (OTHER.text, platform.find("C0HELP", "1", "answer:1"))
        ]
    with unit.begin() as work:
        work.outbox.retract("answer:1", clock.now())
    sender.work()
    with unit.read() as work:
        assert sayings.in_thread(work, WORKSPACE, "C0HELP", "1", "U1") == []
        assert work.outbox.counts() == {"sent": 3}


def test_what_is_still_waiting_is_not_shown_but_known_to_come(unit: UnitOfWork, platform: ConsolePlatform) -> None:
    with unit.begin() as work:
        work.outbox.put(Outgoing("answer:1", WORKSPACE, Delivery.POST, REPLY, "C0HELP", "1"), NOON)
    with unit.read() as work:
        assert sayings.in_thread(work, WORKSPACE, "C0HELP", "1", "U1") == []
        assert not sayings.silent(work, WORKSPACE, "C0HELP", "1")
    assert platform.find("C0HELP", "1", "answer:1") is None


def test_a_crash_between_saying_and_noting_it_says_it_once(unit: UnitOfWork, platform: ConsolePlatform) -> None:
    with unit.begin() as work:
        work.outbox.put(Outgoing("answer:1", WORKSPACE, Delivery.POST, REPLY, "C0HELP", "1"), NOON)
        assert work.dispatch.take(work.dispatch.due(NOON), NOON, NOON + timedelta(minutes=1))
    first = platform.post("C0HELP", "1", REPLY, "answer:1")
    assert platform.find("C0HELP", "1", "answer:1") == first
    assert platform.post("C0HELP", "1", REPLY, "answer:1") == first
    with unit.read() as work:
        kept = work.outbox.get("answer:1")
        assert kept is not None
        assert kept.state is State.SENT
        assert len(sayings.in_thread(work, WORKSPACE, "C0HELP", "1", "U1")) == 1


def test_a_whisper_in_a_private_room_is_for_its_members(platform: ConsolePlatform) -> None:
    platform.whisper("G0ROOM", None, "U1", REPLY, "answer:1")
    with pytest.raises(PlatformRefusedError):
        platform.whisper("G0ROOM", None, "U2", REPLY, "answer:2")


def test_every_word_of_the_bot_moves_the_beat(platform: ConsolePlatform) -> None:
    beats = [platform.beats]
    sent = platform.post("C0HELP", None, REPLY, "answer:1")
    beats.append(platform.beats)
    platform.update("C0HELP", sent, OTHER)
    beats.append(platform.beats)
    platform.remove("C0HELP", sent)
    beats.append(platform.beats)
    platform.respond("U1/handle", REPLY)
    beats.append(platform.beats)
    assert beats == sorted(set(beats))
