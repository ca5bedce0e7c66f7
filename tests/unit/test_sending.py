"""Several messages in hand at once: whatever happens in between, each arrives once, and in order."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from builders import WORKSPACE, ref
from fakes import FakeChatPlatform
from town import ASKER, OTHER, PEOPLE, ROOMS, Town

from bot import holding, sending
from bot.errors import PlatformBusyError, PlatformError
from bot.replies import Card, Reply
from bot.replies.cards import OWN_POST
from bot.retries import HOLD
from bot.sending import LATE, LONGEST_BATCH, Sender
from bot.store.dispatch import Dispatch
from bot.store.outbox import Delivery, Kept, Outgoing, State
from bot.store.outgoing import MOST_TOGETHER, Due, Sent, in_batches
from indexer.corpus import Database

KEYS = ["first", "second", "third", "fourth"]


class PowerCut(BaseException):
    """The process dies here."""


class Watched(FakeChatPlatform):
    """A platform on which something else happens in the moment after a message arrived."""

    def __init__(self) -> None:
        super().__init__(ROOMS, PEOPLE)
        self.then: dict[str, Callable[[], object]] = {}

    def post(self, channel_id: str, thread_id: str | None, reply: Reply, key: str) -> str:
        there = super().post(channel_id, thread_id, reply, key)
        self._meanwhile(key)
        return there

    def whisper(self, channel_id: str, thread_id: str | None, member_id: str, reply: Reply, key: str) -> None:
        super().whisper(channel_id, thread_id, member_id, reply, key)
        self._meanwhile(key)

    def _meanwhile(self, key: str) -> None:
        self.then.pop(key, lambda: None)()

    @property
    def arrived(self) -> list[str]:
        return [said.key for said in self.posts]


@pytest.fixture
def town(any_database: Database) -> Town:
    made = Town(any_database)
    made.platform = Watched()
    made.sender = Sender(made.unit, made.clock, {WORKSPACE: made.platform})
    return made


def watched(town: Town) -> Watched:
    assert isinstance(town.platform, Watched)
    return town.platform


def put(town: Town, key: str, kind: Delivery = Delivery.POST, reply: Reply | None = None, **facts: str) -> None:
    said = Outgoing(key, WORKSPACE, kind, reply or Reply(key), **({"channel_id": "C0HELP"} | facts))  # type: ignore[arg-type]
    with town.unit.begin() as work:
        work.outbox.put(said, town.clock.now())


def put_all(town: Town) -> None:
    for key in KEYS:
        put(town, key)


def kept(town: Town, key: str) -> Kept:
    with town.unit.read() as work:
        found = work.outbox.get(key)
    assert found is not None
    return found


def states(town: Town) -> dict[str, int]:
    with town.unit.read() as work:
        return work.outbox.counts()


def raises(error: BaseException) -> Callable[[], object]:
    def fail() -> None:
        raise error

    return fail


def later(town: Town) -> None:
    """Another process, after the holds of one that died."""
    town.clock.at += HOLD
    Sender(town.unit, town.clock, {WORKSPACE: town.platform}).work()


def test_all_that_is_due_arrives_in_order(town: Town) -> None:
    keys = [f"k{number}" for number in range(2 * MOST_TOGETHER - 1)]
    for key in keys:
        put(town, key)
    assert town.sender.work() == len(keys)
    assert watched(town).arrived == keys
    assert states(town) == {"sent": len(keys)}
    assert {kept(town, key).sent_id for key in keys} == {said.id for said in town.platform.posts}
    assert town.sender.work() == 0


def test_after_a_crash_among_several_each_arrives_once(town: Town) -> None:
    put_all(town)
    watched(town).then["second"] = raises(PowerCut())
    with pytest.raises(PowerCut):
        town.sender.work()
    assert watched(town).arrived == KEYS[:2]
    town.sender.work()
    assert watched(town).arrived == KEYS[:2]  # the one that holds the others may still be at it
    later(town)
    assert watched(town).arrived == KEYS
    assert states(town) == {"sent": len(KEYS)}


@pytest.mark.parametrize(
    "error",
    [
        PlatformBusyError(platform="fake", method="post", seconds=5),
        PlatformError(platform="fake", method="post", why="the answer was lost"),
        ValueError("odd"),
    ],
)
def test_one_that_fails_among_several_holds_up_no_other_and_comes_later(town: Town, error: Exception) -> None:
    put_all(town)
    town.platform.failing = [error]
    town.sender.work()
    assert watched(town).arrived == KEYS[1:]
    town.clock.forward(6)
    town.sender.work()
    assert watched(town).arrived == [*KEYS[1:], "first"]


def test_one_whose_answer_is_lost_among_several_is_found(town: Town) -> None:
    put_all(town)
    watched(town).then["second"] = raises(PlatformError(platform="fake", method="post", why="the answer was lost"))
    town.sender.work()
    town.clock.forward(6)
    town.sender.work()
    assert watched(town).arrived == KEYS
    assert states(town) == {"sent": len(KEYS)}


def test_one_that_is_refused_among_several_is_given_up_alone(town: Town) -> None:
    put(town, "first")
    put(town, "nowhere", channel_id="CGONE")
    put(town, "second")
    town.sender.work()
    assert watched(town).arrived == ["first", "second"]
    assert kept(town, "nowhere").state is State.FAILED


def test_what_cannot_be_noted_is_found_and_not_sent_again(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_dispatch: Dispatch, _several: list[Sent]) -> None:
        raise OSError

    put_all(town)
    with monkeypatch.context() as patched:
        patched.setattr(Dispatch, "sent", away)
        with pytest.raises(OSError):  # noqa: PT011 - the database is away: the worker goes on
            town.sender.work()
    assert states(town) == {"sending": len(KEYS)}
    later(town)
    assert watched(town).arrived == KEYS
    assert states(town) == {"sent": len(KEYS)}


def test_two_processes_send_each_message_once(town: Town) -> None:
    for number in range(2 * MOST_TOGETHER):
        put(town, f"k{number}")
    other = Sender(town.unit, town.clock, {WORKSPACE: town.platform})
    watched(town).then["k0"] = other.work
    town.sender.work()
    assert sorted(watched(town).arrived) == sorted(f"k{number}" for number in range(2 * MOST_TOGETHER))
    assert states(town) == {"sent": 2 * MOST_TOGETHER}


# How long messages are in hand


def test_what_is_not_sent_soon_may_still_be_taken_back(town: Town) -> None:
    def slow() -> None:
        town.clock.at += LONGEST_BATCH

    put_all(town)
    watched(town).then = dict.fromkeys(KEYS, slow)
    assert town.sender.work() == 1
    assert kept(town, "second").state is State.WAITING
    with town.unit.begin() as work:
        work.outbox.retract("second", town.clock.now())
        work.outbox.revise("third", Reply("revised"), town.clock.now())
    while town.sender.work():
        pass
    assert [said.reply.text for said in town.platform.posts] == ["first", "revised", "fourth"]
    assert states(town) == {"sent": 3, "cancelled": 1}


def test_what_was_looked_for_once_is_looked_for_again_when_given_back(town: Town) -> None:
    put_all(town)
    watched(town).then["first"] = raises(PowerCut())
    with pytest.raises(PowerCut):
        town.sender.work()
    town.platform.post("C0HELP", None, Reply("third"), "third")  # as if the dying process had come that far
    town.clock.at += HOLD
    watched(town).then["second"] = lambda: town.clock.forward(2)
    while town.sender.work():
        pass
    assert sorted(watched(town).arrived) == sorted(KEYS)


def test_all_that_is_in_hand_is_held_while_it_lasts(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(sending, "HOLD_AGAIN_SECONDS", 0.01)
    free: list[str] = []

    def lasts() -> None:
        """Most of a hold passes; once it is renewed, all of it and more."""
        town.clock.at += HOLD * 0.9
        until, deadline = town.clock.now() + timedelta(seconds=2), time.monotonic() + 20
        while due(until) and time.monotonic() < deadline:
            time.sleep(0.01)
        free.extend(due(until))

    def due(at: datetime) -> list[str]:
        with town.unit.read() as work:
            return [one.key for one in work.dispatch.due(at)]

    put_all(town)
    watched(town).then["first"] = lasts
    town.sender.work()
    assert free == []
    assert kept(town, "second").state is State.WAITING  # given back all the same
    while town.sender.work():
        pass
    assert watched(town).arrived == KEYS


def test_what_is_given_back_comes_before_what_follows(town: Town) -> None:
    keys = [f"k{number}" for number in range(MOST_TOGETHER + 1)]
    for key in keys:
        put(town, key)
    watched(town).then["k0"] = lambda: town.clock.forward(2)
    assert town.sender.work() == 1
    assert town.sender.work() == MOST_TOGETHER
    assert watched(town).arrived == keys


def test_what_another_process_held_meanwhile_is_not_taken_for_new(town: Town) -> None:
    put(town, "first")
    with town.unit.begin() as work:
        waiting = work.dispatch.due(town.clock.now())
        assert work.dispatch.take(waiting, town.clock.now(), town.clock.now() + HOLD)
    town.clock.at += 2 * HOLD
    with town.unit.begin() as work:
        assert work.dispatch.take(waiting, town.clock.now(), town.clock.now() + HOLD) == []
        interrupted = work.dispatch.due(town.clock.now())
        assert [one.state for one in interrupted] == [State.SENDING]
        assert work.dispatch.take(interrupted, town.clock.now(), town.clock.now() + HOLD)


def test_a_process_that_slept_too_long_leaves_what_others_took_over(town: Town) -> None:
    awake = Sender(town.unit, town.clock, {WORKSPACE: town.platform})

    def sleeps() -> None:
        town.clock.at += 2 * HOLD
        watched(town).then["second"] = wakes
        with pytest.raises(PowerCut):
            awake.work()

    def wakes() -> None:
        raise PowerCut  # the other one is still at it, as far as the first one can tell

    put_all(town)
    watched(town).then["first"] = sleeps
    town.sender.work()
    town.sender.work()
    assert watched(town).arrived == KEYS[:2]
    assert kept(town, "third").state is State.SENDING
    later(town)
    assert watched(town).arrived == KEYS


# What goes together


def test_what_one_member_alone_sees_goes_alone(town: Town) -> None:
    sending_then: list[int] = []
    put(town, "first")
    put(town, "whisper", Delivery.WHISPER, member_id=ASKER)
    put(town, "second")
    watched(town).then["whisper"] = lambda: sending_then.append(states(town)["sending"])
    town.sender.work()
    assert sending_then == [1]
    assert [said.key for said in town.platform.whispers] == ["whisper"]
    assert watched(town).arrived == ["first", "second"]


def test_a_post_is_linked_to_and_revised_in_the_same_turn(town: Town) -> None:
    put(town, "here")
    put(town, "link", reply=Reply("see", (Card("there", f"{OWN_POST}here", "", ""),)))
    put(town, "update:1:here", Delivery.UPDATE, Reply("once"), target="here")
    put(town, "update:2:here", Delivery.UPDATE, Reply("twice"), target="here")
    assert town.sender.work() == 4
    here, link = town.platform.posts
    assert here.reply.text == "twice"
    assert link.reply.cards[0].url == town.platform.workspace.permalink(ref(here.id))


def test_a_post_made_anew_is_known_by_its_new_place_at_once(town: Town) -> None:
    class Anew(Watched):
        def update(self, channel_id: str, message_id: str, reply: Reply) -> str:  # type: ignore[override]
            super().update(channel_id, message_id, reply)
            moved = next(said for said in self.posts if said.id == message_id)
            self.posts[self.posts.index(moved)] = replace(moved, id=f"{message_id}-anew")
            return f"{message_id}-anew"

    town.platform = Anew()
    town.sender = Sender(town.unit, town.clock, {WORKSPACE: town.platform})
    put(town, "here")
    town.sender.work()
    put(town, "update:1:here", Delivery.UPDATE, Reply("once"), target="here")
    put(town, "other")
    watched(town).then["other"] = raises(PowerCut())
    with pytest.raises(PowerCut):
        town.sender.work()
    assert kept(town, "here").sent_id == town.platform.posts[0].id
    put(town, "update:2:here", Delivery.UPDATE, Reply("twice"), target="here")
    later(town)
    assert [said.reply.text for said in town.platform.posts] == ["twice", "other"]


def test_of_several_late_letters_those_wait_whose_readers_are_not_at_work(town: Town) -> None:
    tomorrow = town.clock.now() + timedelta(days=1)
    sender = Sender(
        town.unit,
        town.clock,
        {WORKSPACE: town.platform},
        lambda _work, letter, now: tomorrow if letter.member_id == ASKER else now,
    )
    for key, reader in (("first", ASKER), ("second", OTHER), ("third", ASKER)):
        put(town, key, Delivery.DIRECT, channel_id="", member_id=reader)
    town.clock.at += LATE + timedelta(seconds=1)
    assert sender.work() == 1
    assert watched(town).arrived == ["second"]
    town.clock.at = tomorrow
    sender.work()
    assert sorted(watched(town).arrived) == ["first", "second", "third"]


def due(key: str, kind: Delivery = Delivery.POST, target: str | None = None, **facts: object) -> Due:
    return replace(Due(0, State.WAITING, kind, key, target), **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("waiting", "parted"),
    [
        ([], []),
        ([due("a"), due("b", Delivery.DIRECT), due("c", Delivery.HOME)], ["abc"]),
        ([due("a"), due("b", Delivery.WHISPER), due("c"), due("d")], ["a", "b", "cd"]),
        ([due("a", Delivery.RESPOND), due("b", Delivery.RESPOND)], ["a", "b"]),
        ([due("a"), due("b", state=State.SENDING), due("c", state=State.SENDING)], ["a", "bc"]),
        ([due("a"), due("b", Delivery.UPDATE, "a"), due("c", Delivery.REMOVE, "z")], ["a", "bc"]),
        ([due("a", Delivery.UPDATE, "z"), due("b", Delivery.REMOVE, "z")], ["a", "b"]),
        ([due(key) for key in "abcdefghijkl"], ["abcdefghij", "kl"]),
    ],
)
def test_messages_that_do_not_depend_on_each_other_go_together(waiting: list[Due], parted: list[str]) -> None:
    assert ["".join(one.key for one in batch) for batch in in_batches(waiting)] == parted
