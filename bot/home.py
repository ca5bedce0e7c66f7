"""A member's home page: their open questions, questions that wait in their topics, and their settings.

Shown when the page is opened, on a direct message 「メニュー」 and on `/kyoso home`. A setting that is changed shows at
once: on the page itself the page is shown anew, elsewhere the answer is the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from bot.community import Community
from bot.crosspost import joined
from bot.digest_readers import PREFERENCE as DIGEST
from bot.events import Pressed
from bot.interests import Interests, interests
from bot.quiet_hours import PREFERENCE as QUIET
from bot.replies import Button, Card, Menu, Reply
from bot.replies.compose import take_button
from bot.replies.wording.home import home_words
from bot.resolutions import Resolutions
from bot.similar import Place
from bot.store import WorkInProgress
from bot.thread_facts import asks, first_reply, replies_of_others, topic_teller
from bot.week import WAITING
from indexer.model import Audience, Member, Thread, Visibility

NAMES = ("home", "menu", "ホーム", "メニュー", "設定", "settings")
RECOGNITION, LOUDNESS = "recognition", "loudness"
# What is chosen while nothing is: no digest nobody asked for, no quiet hours, names shown, answers in the thread.
DEFAULTS = {DIGEST: "off", QUIET: "off", RECOGNITION: "on", LOUDNESS: "thread"}
QUIET_HOURS = ("off", "18-8", "17-9", "20-8", "12-13")  # after office hours, early, late, at lunch
OPEN = timedelta(days=90)  # how long a question of one's own is listed, as `/kyoso resolved` looks for it
MOST_MINE, MOST_WAITING = 5, 5


class Home:
    """Shows home pages and keeps settings."""

    def __init__(self, community: Community, resolutions: Resolutions) -> None:
        self._unit = community.unit
        self._map = community.channel_map
        self._composer = community.composer
        self._clock = community.clock
        self._resolutions = resolutions
        self._topic_of = topic_teller(community.channel_map)
        self._words = home_words(community.words.lang)

    def page(self, place: Place) -> Reply:
        """The member's page as it now is."""
        now = self._clock.now()
        with self._unit.read() as work:
            member = work.corpus.member(place.workspace_id, place.member_id)
            chosen = DEFAULTS | work.preferences.of(place.workspace_id, place.member_id)
            cards = [self._settings(chosen)]
            title = self._words.stranger
            if member is not None:
                title = self._words.title.format(name=self._composer.name(work.corpus, member.workspace_id, member.id))
                cards = [*self._threads(work, member, now), *cards]
        return Reply(title, tuple(cards), (self._words.note,))

    def choose(self, event: Pressed) -> Reply:
        """A setting was chosen from its menu."""
        name, value = event.value, event.chosen
        if value not in self._choices(name):
            return Reply(self._words.unknown)
        with self._unit.begin() as work:
            work.preferences.set(event.workspace_id, event.member_id, name, value)
        saved = self._words.saved.format(name=self._words.names[name], value=self._label(name, value))
        return self.shown(event, Reply(saved))

    def resolve(self, event: Pressed) -> Reply:
        """One's own question is resolved; the value names its channel and message."""
        channel_id, _, root_id = event.value.partition(":")
        place = Place(event.workspace_id, channel_id, event.member_id)
        return self.shown(event, self._resolutions.resolve(place, root_id))

    def shown(self, event: Pressed, news: Reply) -> Reply:
        """What came of a press; outside the page itself, which is shown anew by itself, with the page below."""
        if not event.handle:
            return news
        page = self.page(Place(event.workspace_id, event.channel_id, event.member_id))
        return replace(page, text=f"{news.text}\n\n{page.text}", instead=True)

    # Threads

    def _threads(self, work: WorkInProgress, member: Member, now: datetime) -> Iterator[Card]:
        audience = work.corpus.audience_of(member.workspace_id, member.id)
        asked = work.corpus.recent_threads(member.workspace_id, now - OPEN, author_id=member.id)
        mine = [thread for thread in asked if self._may_open(thread, audience) and not thread.resolved and asks(thread)]
        yield self._heading(self._words.mine, "" if mine else self._words.mine_none)
        for thread in mine[: -MOST_MINE - 1 : -1]:
            yield self._mine(work, thread, now)
        own = interests(work.corpus, self._map, member, now, self._topic_of)
        waiting = self._waiting(work, audience, member, own, now)
        topics = self._words.topics.format(topics=self._words.separator.join(own.topics)) if own.topics else ""
        told = "\n".join(line for line in (topics, "" if waiting else self._words.waiting_none) if line)
        yield self._heading(self._words.waiting, told or self._words.topics_none)
        for thread in waiting[:MOST_WAITING]:
            yield self._open_question(work, thread, now)
        if len(waiting) > MOST_WAITING:
            yield Card("", "", self._words.waiting_more.format(count=len(waiting) - MOST_WAITING), "")

    def _waiting(
        self, work: WorkInProgress, audience: Audience, member: Member, own: Interests, now: datetime
    ) -> list[Thread]:
        """Others' questions that concern the member and that nobody replied to, the oldest first."""
        unreplied = work.corpus.unreplied_threads(member.workspace_id, now - WAITING)
        open_ones = [
            thread
            for thread in joined(work, unreplied).values()
            if thread.root.author_id != member.id and not thread.resolved and self._may_open(thread, audience)
            if first_reply(thread) is None
        ]
        held = work.notices.held(member.workspace_id, [thread.ref for thread in open_ones])
        open_ones = [thread for thread in open_ones if thread.ref not in held]
        authors = sorted({thread.root.author_id for thread in open_ones})
        askers = {asker.id: asker for asker in work.corpus.members(member.workspace_id, authors)}
        return [
            thread
            for thread in open_ones
            if own.concern(thread, self._topic_of(thread), askers.get(thread.root.author_id)) and asks(thread)
        ]

    def _may_open(self, thread: Thread, audience: Audience) -> bool:
        room = thread.channel
        kept = room.visibility is Visibility.PUBLIC or room.name in self._map.private_names
        return kept and not room.archived and audience.may_open(room)

    def _mine(self, work: WorkInProgress, thread: Thread, now: datetime) -> Card:
        replies = len(replies_of_others(thread))
        facts = (self._words.mine_facts if replies else self._words.mine_alone).format(
            ago=self._composer.ago(thread.root.posted_at, now), replies=replies, channel=thread.channel.name
        )
        value = f"{thread.ref.channel_id}:{thread.ref.message_id}"
        button = Button("home-resolve", self._words.resolve, value)
        return Card(thread.title, self._link(work, thread), "", facts, buttons=(button,))

    def _open_question(self, work: WorkInProgress, thread: Thread, now: datetime) -> Card:
        asker = self._composer.name(work.corpus, thread.ref.workspace_id, thread.root.author_id)
        facts = self._words.waiting_facts.format(
            asker=asker, ago=self._composer.ago(thread.root.posted_at, now), channel=thread.channel.name
        )
        button = replace(take_button(thread.ref, self._words.take), action="home-take")
        return Card(thread.title, self._link(work, thread), "", facts, buttons=(button,))

    def _link(self, work: WorkInProgress, thread: Thread) -> str:
        workspace = work.corpus.workspace(thread.ref.workspace_id)
        return workspace.permalink(thread.ref) if workspace else ""

    def _heading(self, title: str, told: str) -> Card:
        return Card(title, "", told, "")

    # Settings

    def _settings(self, chosen: dict[str, str]) -> Card:
        lines = [
            self._words.now.format(name=self._words.names[name], value=self._label(name, chosen[name]))
            for name in DEFAULTS
        ]
        menus = tuple(
            Menu("setting", self._words.names[name], tuple(self._choices(name).items()), value=name)
            for name in DEFAULTS
        )
        return Card(self._words.settings, "", "\n".join(f"・{line}" for line in lines), "", menus=menus)

    def _choices(self, name: str) -> dict[str, str]:
        """What a setting may be, with what people read."""
        if name == QUIET:
            return {value: self._quiet(value) for value in QUIET_HOURS}
        return self._words.values.get(name, {})

    def _label(self, name: str, value: str) -> str:
        return self._choices(name).get(value) or (self._quiet(value) if name == QUIET else value)

    def _quiet(self, value: str) -> str:
        begins, _, ends = value.partition("-")
        return self._words.quiet.format(begins=begins, ends=ends) if ends else self._words.quiet_none
