"""Carrying events in and messages out: once, in order, and after failures and crashes too."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from builders import WORKSPACE, message, ref
from town import Town

from bot.conversation import Conversation
from bot.errors import PlatformBusyError, PlatformError, PlatformRefusedError
from bot.events import Commanded, Event, Posted
from bot.receiving import Receiver
from bot.replies import Button, Card, Reply
from bot.replies.wording import JA
from bot.retries import ATTEMPTS, HOLD, OUTAGE_ATTEMPTS
from bot.sending import RESPOND_MINUTES
from bot.store.outbox import Delivery, Outgoing, State
from bot.worker import Worker
from indexer.corpus import Database

QUESTION = "償却資産の申告書をオンラインで受けたいのですが、どう始めればよいでしょうか。"
FAILED = PlatformError(platform="fake", method="post", why="500")


@pytest.fixture
def town(any_database: Database) -> Town:
    made = Town(any_database)
    made.past("10", "償却資産の電子申告を増やすには", "申告書にeLTAXのちらしを同封し、税理士会に説明しました。")
    made.search.script = {"10": 0.9}
    return made


def put(town: Town, key: str = "k", kind: Delivery = Delivery.POST, **facts: str) -> None:
    outgoing = Outgoing(key, WORKSPACE, kind, Reply(key), channel_id="C0HELP", **facts)  # type: ignore[arg-type]
    with town.unit.begin() as work:
        work.outbox.put(outgoing, town.clock.now())


def state(town: Town, key: str = "k") -> State:
    with town.unit.read() as work:
        kept = work.outbox.get(key)
    assert kept is not None
    return kept.state


def test_a_failed_message_is_tried_again_later(town: Town) -> None:
    put(town)
    town.platform.failing = [FAILED]
    town.sender.work()
    assert not town.platform.posts
    town.sender.work()
    assert not town.platform.posts  # not before its pause is over
    town.clock.forward(5)
    town.sender.work()
    assert [said.key for said in town.platform.posts] == ["k"]


def test_the_platforms_own_pause_is_kept(town: Town) -> None:
    put(town)
    town.platform.failing = [PlatformBusyError(platform="fake", method="post", seconds=30)]
    town.sender.work()
    town.clock.forward(29)
    town.sender.work()
    assert not town.platform.posts
    town.clock.forward(2)
    town.sender.work()
    assert len(town.platform.posts) == 1


def test_one_message_that_must_wait_does_not_hold_up_the_others(town: Town) -> None:
    put(town, "first")
    put(town, "second")
    town.platform.failing = [PlatformBusyError(platform="fake", method="post", seconds=30)]
    town.sender.work()
    assert [said.key for said in town.platform.posts] == ["second"]


def test_what_is_refused_is_not_tried_again(town: Town) -> None:
    put(town)
    town.platform.failing = [PlatformRefusedError(platform="fake", method="post", why="is_archived")]
    town.sender.work()
    assert state(town) is State.FAILED


def test_the_sender_gives_up_in_the_end(town: Town) -> None:
    put(town)
    town.platform.failing = [FAILED] * OUTAGE_ATTEMPTS
    for _ in range(OUTAGE_ATTEMPTS):
        town.sender.work()
        town.clock.forward(400)
    assert state(town) is State.FAILED


def test_a_message_whose_answer_was_lost_is_found_and_not_sent_twice(town: Town) -> None:
    put(town, thread_id="100")
    town.platform.loses_answer = True
    town.sender.work()
    town.clock.forward(5)
    town.sender.work()
    assert [said.key for said in town.platform.posts] == ["k"]
    assert state(town) is State.SENT


def test_a_message_that_was_being_sent_when_the_process_died_is_looked_for_first(town: Town) -> None:
    put(town, "sent before the crash")
    put(town, "not sent before the crash")
    with town.unit.begin() as work:
        work.dispatch.take(work.dispatch.due(town.clock.now()), town.clock.now(), town.clock.now() + HOLD)
    town.platform.post("C0HELP", None, Reply("sent before the crash"), "sent before the crash")
    town.deliver()
    assert len(town.platform.posts) == 1  # another process may still be at it
    town.clock.at += HOLD
    town.deliver()
    assert [said.key for said in town.platform.posts] == ["sent before the crash", "not sent before the crash"]


def test_an_update_waits_for_its_post_and_a_removal_follows_it(town: Town) -> None:
    put(town)
    town.platform.failing = [FAILED]
    town.sender.work()
    with town.unit.begin() as work:
        work.outbox.revise("k", Reply("revised"), town.clock.now())
    town.clock.forward(60)
    town.deliver()
    assert [said.reply.text for said in town.platform.posts] == ["revised"]
    with town.unit.begin() as work:
        work.outbox.revise("k", Reply("revised again"), town.clock.now())
        work.outbox.retract("k", town.clock.now())
    town.deliver()
    assert not town.platform.posts
    assert [said.reply.text for said in town.platform.removed] == ["revised again"]


def test_what_is_taken_back_before_it_was_sent_is_never_sent(town: Town) -> None:
    put(town)
    with town.unit.begin() as work:
        work.outbox.retract("k", town.clock.now())
    town.deliver()
    assert not town.platform.posts
    assert state(town) is State.CANCELLED


def test_an_answer_to_a_command_is_not_sent_once_its_handle_is_dead(town: Town) -> None:
    put(town, kind=Delivery.RESPOND, handle="h")
    town.clock.at += timedelta(minutes=RESPOND_MINUTES + 1)
    town.deliver()
    assert not town.platform.answers


def receiver(town: Town, conversation: Conversation | None = None) -> Receiver:
    conversations = {WORKSPACE: conversation or town.conversation}
    return Receiver(town.unit, town.clock, {WORKSPACE: town.platform}, conversations)


def arrive(town: Town, event_id: str, what: str) -> bool:
    with town.unit.begin() as work:
        return work.inbox.put(WORKSPACE, event_id, "event", {"is": what}, town.clock.now())


def test_a_redelivered_event_is_taken_once(town: Town) -> None:
    town.platform.events["asked"] = [Posted(message("100", QUESTION))]
    assert arrive(town, "Ev1", "asked")
    assert not arrive(town, "Ev1", "asked")
    assert receiver(town).work() == 1
    assert receiver(town).work() == 0
    town.deliver()
    assert len(town.platform.posts) == 1


def test_an_event_taken_again_after_a_crash_says_nothing_twice(town: Town) -> None:
    town.platform.events["asked"] = [Posted(message("100", QUESTION))]
    arrive(town, "Ev1", "asked")
    town.conversation.hear(Posted(message("100", QUESTION)), f"event:{WORKSPACE}:Ev1:0")  # and died before «done»
    receiver(town).work()
    town.deliver()
    assert len(town.platform.posts) == 1


def test_one_bad_event_does_not_stop_the_others_and_is_set_aside_in_the_end(town: Town) -> None:
    class Deaf(Conversation):
        def hear(self, event: object, key: str) -> None:
            if "Bad" in key:
                raise ValueError(key)
            super().hear(event, key)  # type: ignore[arg-type]

    town.platform.events = {"asked": [Posted(message("100", QUESTION))], "bad": [Posted(message("101", QUESTION))]}
    arrive(town, "Bad", "bad")
    arrive(town, "Ev1", "asked")
    working = receiver(town, Deaf(town.community, town.platform))
    for _ in range(ATTEMPTS):
        working.work()
        town.clock.forward(600)
    town.deliver()
    assert len(town.platform.posts) == 1
    with town.unit.read() as work:
        assert work.inbox.counts() == {"done": 1, "failed": 1}


SLOW = Commanded(WORKSPACE, "C0HELP", "UOP", "kyoso", "アンバサダー 候補", "handle")


def reader(town: Town, conversation: Conversation | None = None) -> Receiver:
    """The receiver of what takes long."""
    conversations = {WORKSPACE: conversation or town.conversation}
    return Receiver(town.unit, town.clock, {WORKSPACE: town.platform}, conversations, aside=True)


def test_what_takes_long_holds_up_no_question(town: Town) -> None:
    town.platform.events = {"slow": [SLOW], "asked": [Posted(message("100", QUESTION))]}
    arrive(town, "Ev1", "slow")
    arrive(town, "Ev2", "asked")
    receiver(town).work()
    town.deliver()
    assert (len(town.platform.posts), town.platform.answers) == (1, {})
    assert reader(town).work() == 1
    town.deliver()
    assert len(town.platform.answers["handle"]) == 1
    assert receiver(town).work() + reader(town).work() == 0
    assert not arrive(town, "Ev1", "slow")


def test_who_waits_long_for_an_answer_is_told_so(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Conversation):
        def hear(self, event: Event, key: str) -> None:
            told.wait(20)
            super().hear(event, key)

        def promise(self, event: Event, key: str) -> None:
            super().promise(event, key)
            told.set()

    told = threading.Event()
    monkeypatch.setattr("bot.retries.HOLD_AGAIN_SECONDS", 0.01)
    town.platform.events = {"slow": [SLOW]}
    arrive(town, "Ev1", "slow")
    receiver(town).work()
    reader(town, Slow(town.community, town.platform)).work()
    town.deliver()
    first, answer = (reply.text for reply in town.platform.answers["handle"])
    assert first == JA.working
    assert answer != JA.working


def test_payloads_are_forgotten_once_dealt_with(town: Town) -> None:
    town.platform.events["asked"] = [Posted(message("100", QUESTION))]
    arrive(town, "Ev1", "asked")
    receiver(town).work()
    with town.unit.read() as work:
        assert not work.inbox.due(town.clock.now() + timedelta(days=1))
        assert work.corpus.message(ref("100")) is not None


def test_a_worker_survives_an_exception_and_stops_when_told() -> None:
    turns: list[int] = []

    def work() -> int:
        turns.append(1)
        if len(turns) == 1:
            raise RuntimeError
        return 0

    worker = Worker("test", work)
    worker.start()
    worker.wake()
    while len(turns) < 2:
        worker.wake()
    assert worker.alive
    worker.stop()
    assert not worker.alive


def test_replies_survive_the_outbox(town: Town) -> None:
    button = Button("helpful", "役に立った", "1:2", "primary")
    reply = Reply(
        "本文",
        (Card("題", "https://a.example", "抜粋", "事実", "注意", (button,)),),
        ("注",),
        (button,),
        (("C", "税"),),
    )
    assert Reply.from_json(reply.to_json()) == reply
