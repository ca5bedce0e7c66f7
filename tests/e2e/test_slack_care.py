"""An unanswered question on Slack, end to end: told → taken → answered; menus; the home page. Time is moved by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import WORKSPACE
from slack_server import SlackServer
from town import ANSWERER, ASKER, OTHER, PEOPLE, ROOMS, Town

from bot.conversation import Conversation
from bot.delivery import Receiver, Sender
from bot.platforms.slack.client import SlackPlatform
from bot.platforms.slack.listeners import Listeners
from bot.replies.wording.ambassadors import JA as OFFICE
from bot.replies.wording.unanswered import JA
from indexer.corpus import Database
from indexer.model import Visibility

AMBASSADOR = "UAMB"
QUESTION = "償却資産の申告書をオンラインで受けたいのですが、どう始めればよいでしょうか。"
NINE = datetime(2026, 4, 2, 9, tzinfo=ZoneInfo("Asia/Tokyo")).astimezone(UTC)


class Workplace:
    """The town on the fake Slack: what Slack reports goes through the real listeners, inbox and outbox."""

    def __init__(self, server: SlackServer, database: Database) -> None:
        self.server, self.town = server, Town(database)
        self.clock = self.town.clock
        server._second = int(NINE.timestamp())
        for person in PEOPLE:
            server.add_user(person.id, person.display_name)
        for room in ROOMS:
            private = room.visibility is Visibility.PRIVATE
            members = tuple(room.members) if private else tuple(person.id for person in PEOPLE)
            server.add_channel(room.id, room.name, private=private, members=members)
        unit = self.town.unit
        slack = SlackPlatform.connect(server.token, server.url, directory=unit, clock=self.clock)
        self.conversation = Conversation(self.town.community, slack)
        self.listeners = Listeners(unit, slack.me, self.clock)
        self.receiver = Receiver(unit, self.clock, {WORKSPACE: slack}, {WORKSPACE: self.conversation})
        self.sender = Sender(unit, self.clock, {WORKSPACE: slack})
        self._reported = 0
        self.clock.at = NINE

    def work(self) -> None:
        """Hear what was reported and say what is to be said, until all is quiet."""
        for _ in range(20):
            new = self.server.delivery.envelopes[self._reported :]
            self._reported += len(new)
            heard = sum(self.listeners.keep(envelope.payload) for envelope in new)
            if not heard + self.receiver.work() + self.sender.work():
                return
            self.clock.forward(1)

    def look(self, hour: int, minute: int = 0, day: int = 2) -> None:
        """It is now that time of the day, and the bot looks for waiting questions."""
        self.clock.at = datetime(2026, 4, day, hour, minute, tzinfo=ZoneInfo("Asia/Tokyo")).astimezone(UTC)
        self.conversation.care.tell(WORKSPACE)
        self.work()

    def letters(self, member_id: str) -> list[dict[str, Any]]:
        return self.server.said_by_bot(self.server.direct_room(member_id).id)

    def thread(self, ts: str) -> list[str]:
        said = self.server.room("CTAX").thread(ts)
        return [shown(message) for message in said if message.get("user") == "U0KYOSO"]


def shown(message: dict[str, Any]) -> str:
    return json.dumps(message["blocks"], ensure_ascii=False)


@pytest.fixture
def place(database: Database) -> Iterator[Workplace]:
    with SlackServer.running() as server:
        yield Workplace(server, database)


def test_told_taken_and_answered(place: Workplace) -> None:
    server = place.server
    ts = server.say(ASKER, "CTAX", QUESTION)
    place.work()
    place.look(12, 45)
    assert place.letters(AMBASSADOR) == []
    place.look(13, 15)
    [letter] = place.letters(AMBASSADOR)
    assert QUESTION in shown(letter)
    place.look(13, 30)
    assert len(place.letters(AMBASSADOR)) == 1

    direct = server.direct_room(AMBASSADOR).id
    server.press(AMBASSADOR, direct, letter, JA.take)
    place.work()
    assert JA.took in shown(server.responses[-1])
    [line] = place.thread(ts)
    assert "さんが回答を準備しています" in line
    assert JA.taken_by_you in shown(place.letters(AMBASSADOR)[0])

    server.say(AMBASSADOR, "CTAX", "本市では申告書にちらしを同封し、税理士会にも説明しました。", thread_ts=ts)
    place.work()
    assert place.thread(ts) == []
    assert JA.settled in shown(place.letters(AMBASSADOR)[0])
    place.look(13, day=3)
    assert len(place.letters(AMBASSADOR)) == 1


def test_a_person_is_named_from_the_menu_and_told(place: Workplace) -> None:
    server = place.server
    server.say(ASKER, "CTAX", QUESTION)
    place.work()
    place.look(13, 15)
    [letter] = place.letters(AMBASSADOR)
    server.press(AMBASSADOR, server.direct_room(AMBASSADOR).id, letter, "hand", chosen=OTHER)
    place.work()
    place.look(13, 30)
    [named] = place.letters(OTHER)
    assert "詳しいとうかがいました" in shown(named)
    assert place.letters(ANSWERER) == []


def test_a_deleted_question_leaves_the_letter(place: Workplace) -> None:
    ts = place.server.say(ASKER, "CTAX", QUESTION)
    place.work()
    place.look(13, 15)
    place.server.delete("CTAX", ts)
    place.work()
    [letter] = place.letters(AMBASSADOR)
    assert QUESTION not in shown(letter)
    assert JA.gone in shown(letter)


def test_an_ambassador_chooses_topics_from_the_menu(place: Workplace) -> None:
    server = place.server
    server.command(OTHER, "CTAX", "/kyoso", "アンバサダー 参加")
    place.work()
    answer = server.responses[-1]
    assert "2027年4月2日" in shown(answer)
    server.press(OTHER, "CTAX", {"blocks": answer["blocks"]}, OFFICE.choose_topic, chosen="税")
    place.work()
    assert "話題: 税" in shown(server.responses[-1])


def test_the_home_page_is_published_when_it_is_opened(place: Workplace) -> None:
    place.server.open_home(ASKER)
    place.work()
    assert place.server.homes[ASKER]["blocks"]
