"""Who reads a weekly digest, and the record that all its editions draw from, read once.

A reader is a channel that `channel_map.yaml` names or a member who asked for it: what they can open, and what concerns
them. The community's edition is about everything, a topic's about the threads of its channel and on its topic, a
prefecture's about those of its channel and of its municipalities, a member's about their interests (`bot.interests`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from bot.community import Community
from bot.digest_page import Heading
from bot.interests import interests
from bot.replies.wording.digest import digest_words
from bot.store import WorkInProgress
from bot.tally import is_poll, tally
from bot.thread_facts import asks, replies_of_others, topic_teller
from bot.week import SHOWN_WEEKS, Judgement, Rules, Week
from bot.working_time import calendar
from indexer.channel_map import Edition, Entry, Kind
from indexer.corpus import Corpus
from indexer.model import Audience, Channel, Member, Thread, room_audience

PREFERENCE = "digest"  # on: a member wants their own
NEW = timedelta(weeks=4)  # whoever wrote first longer before introducing themselves is no newcomer

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who an edition is for: a channel or a member, what they can open, and which threads are their concern."""

    name: str
    key: str
    audience: Audience
    heading: Heading
    concerns: Callable[[Thread], bool]
    channel_id: str = ""
    member_id: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What all editions of a week draw from, read once."""

    threads: tuple[Thread, ...]
    seasonal: tuple[Thread, ...]
    newcomers: tuple[tuple[str, Thread], ...]
    members: dict[str, Member]
    judgement: Judgement


class Readers:
    """Finds the readers of one week's digest in one workspace."""

    def __init__(self, community: Community, workspace_id: str, week: Week) -> None:
        self._community = community
        self._workspace_id = workspace_id
        self._week = week
        self._map = community.channel_map
        self._zone = community.composer.zone
        self._words = digest_words(community.words.lang)

    def record(self, work: WorkInProgress) -> Record:
        """What the editions draw from, as it now is."""
        start, end = self._week.span(self._zone)
        threads = work.corpus.active_threads(self._workspace_id, start - timedelta(weeks=SHOWN_WEEKS), end)
        members = {member.id: member for member in work.corpus.members(self._workspace_id)}

        def full(thread: Thread) -> bool:
            enough = self._map.poll_answers
            if len({reply.author_id for reply in replies_of_others(thread)}) < enough or not is_poll(thread):
                return False
            return len(tally(thread, members, self._community.municipalities).answers) >= enough

        working = calendar(self._map.working_hours, self._zone)

        def in_time(asked: datetime, replied: datetime) -> bool:
            return working.between(asked, replied) <= working.day

        judgement = Judgement(
            asks=remembered(asks),
            topic_of=remembered(topic_teller(self._map)),
            in_time=in_time,
            poll_full=remembered(full),
            outdated=remembered(lambda thread: bool(self._community.composer.caution(thread))),
        )
        seasons = Rules(self._week, self._zone, judgement).seasons()
        seasonal = [
            thread
            for since, until in seasons
            for thread in work.corpus.active_threads(self._workspace_id, since, until)
            if thread.resolved and since <= thread.root.posted_at < until
        ]
        introduced = self._newcomers(work.corpus, threads, (start, end))
        return Record(tuple(threads), tuple(seasonal), introduced, members, judgement)

    def _newcomers(
        self, corpus: Corpus, threads: Iterable[Thread], span: tuple[datetime, datetime]
    ) -> tuple[tuple[str, Thread], ...]:
        """Who introduced themselves in the span, and did not write long before."""
        rooms = {entry.name for entry in self._map.of_kind(Kind.INTRODUCTIONS)}
        opened = {
            thread.root.author_id: thread
            for thread in threads
            if thread.channel.name in rooms and thread.root.by_person and span[0] <= thread.root.posted_at < span[1]
        }
        if not opened:
            return ()
        first = corpus.first_posts(self._workspace_id, opened)
        return tuple(
            (member, thread)
            for member, thread in opened.items()
            if first.get(member, thread.root.posted_at) >= thread.root.posted_at - NEW
        )

    def channels(self, work: WorkInProgress, record: Record) -> Iterator[Reader]:
        """The channels that take a digest, as far as they are there."""
        rooms = {room.name: room for room in work.corpus.channels(self._workspace_id) if not room.archived}
        for entry in self._map.entries:
            room = rooms.get(entry.name)
            if room is None or entry.digest is Edition.OFF:
                continue
            if entry.digest is Edition.COMMUNITY:
                heading = self._heading(self._words.community)
                yield self._room(room, heading, everything)
            else:
                heading = self._heading(self._words.channel, entry.name)
                yield self._room(room, heading, self._own(entry, record))

    def nobody(self) -> Reader:
        """The community's edition as it would read where no channel takes it: of what every member can open."""
        audience = Audience(frozenset({self._workspace_id}))
        heading = self._heading(self._words.community)
        return Reader(self._words.nowhere, f"digest:{self._week}:{self._workspace_id}:", audience, heading, everything)

    def _room(self, room: Channel, heading: Heading, concerns: Callable[[Thread], bool]) -> Reader:
        key = f"digest:{self._week}:{room.workspace_id}:{room.id}"
        return Reader(f"#{room.name}", key, room_audience(room), heading, concerns, channel_id=room.id)

    def _own(self, entry: Entry, record: Record) -> Callable[[Thread], bool]:
        """What concerns a topic's or prefecture's channel."""
        prefecture = self._community.municipalities.prefecture(entry.prefecture) if entry.prefecture else None
        code = prefecture.prefecture_code if prefecture else "-"

        def concerns(thread: Thread) -> bool:
            if thread.channel.name == entry.name:
                return True
            if entry.kind is Kind.TOPIC:
                return record.judgement.topic_of(thread) == entry.name
            asker = record.members.get(thread.root.author_id)
            return bool(asker and (asker.municipality or "").startswith(code))

        return concerns

    def members(self, work: WorkInProgress, record: Record) -> Iterator[Reader]:
        """The members who want their own."""
        for member_id, value in sorted(work.preferences.holding(self._workspace_id, PREFERENCE).items()):
            member = record.members.get(member_id)
            if value == "on" and member is not None and not member.deleted and not member.bot:
                yield self.member(work, member, record)

    def member(self, work: WorkInProgress, member: Member, record: Record) -> Reader:
        """One member as a reader."""
        topic_of = record.judgement.topic_of
        own = interests(work.corpus, self._map, member, self._community.clock.now(), topic_of)

        def concerns(thread: Thread) -> bool:
            return own.concern(thread, topic_of(thread), record.members.get(thread.root.author_id))

        words = self._words
        quiet = words.quiet_personal.format(span=self._span())
        return Reader(
            f"@{member.display_name}",
            f"digest:{self._week}:{member.workspace_id}:@{member.id}",
            work.corpus.audience_of(member.workspace_id, member.id),
            replace(self._heading(words.personal), quiet=quiet, note=words.unsubscribe),
            concerns,
            member_id=member.id,
        )

    def _heading(self, title: str, name: str = "") -> Heading:
        span = self._span()
        return Heading(title.format(span=span, name=name), self._words.quiet.format(span=span), self._words.subscribe)

    def _span(self) -> str:
        start, end = (self._words.day.format(day) for day in (self._week.monday, self._week.sunday))
        return self._words.span.format(start=start, end=end)


def everything(_thread: Thread) -> bool:
    """The whole community's concern."""
    return True


def remembered(tell: Callable[[Thread], T]) -> Callable[[Thread], T]:
    """What `tell` says of each thread, asked once: many editions draw from the same threads."""
    told: dict[int, T] = {}

    def telling(thread: Thread) -> T:
        if thread.id not in told:
            told[thread.id] = tell(thread)
        return told[thread.id]

    return telling
