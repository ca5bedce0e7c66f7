"""What a member sees: channels by group, the threads of one, one thread with what the bot said in it.

Read in one transaction each and handed to the pages as frozen values, so that two looks can be compared.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.community import Community
from bot.platforms.console import sayings
from bot.platforms.console.client import ConsolePlatform
from bot.platforms.console.sayings import Saying
from bot.replies import Card
from bot.replies.compose import excerpt
from bot.store import WorkInProgress
from indexer.channel_map import ChannelMap, Kind, Policy
from indexer.model import Channel, Member, Message, MessageRef, Thread

SPANS_DAYS = (60, 240, 3 * 365)  # how far back a list goes: no further than its page needs
PAGE = 15  # threads listed at a time
ROOMS_SECONDS = 5.0  # a renamed channel, or what another process said, is noticed this late in the lists
MOST_COUNTED = 5_000  # threads whose sayings are counted in memory: about a megabyte
MOST_MEMBERS = 2_000  # offered to act as; a longer list makes the page slow
HOME = "何でも相談"
_OF_THREAD = re.compile(r"\d+:(\d+)")  # the value of a card's button: suggestion and thread


class Group(StrEnum):
    """How channels are grouped on the left."""

    GENERAL = "general"
    TOPIC = "topic"
    PREFECTURE = "prefecture"


@dataclass(frozen=True, slots=True)
class Room:
    """A channel in the list, and how loudly the bot may answer there. `welcomes`: who writes first is welcomed."""

    id: str
    name: str
    group: Group
    policy: Policy
    welcomes: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """A member as shown: `place` is the prefecture where the name does not tell it."""

    id: str
    name: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """A message with its author."""

    message: Message
    author: Person
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A thread in the list. `replies`: members'; `answered`: the bot spoke in it."""

    post: Post
    replies: int
    resolved: bool
    answered: bool


@dataclass(frozen=True, slots=True)
class OpenThread:
    """A thread in full: members' posts and the bot's sayings; `silent`: the bot has nothing to say in it."""

    room: Room
    root: Post
    replies: tuple[Post, ...]
    sayings: tuple[Saying, ...]
    resolved: bool
    silent: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """The newest threads of a channel, and what the bot said outside them."""

    rows: tuple[Row, ...]
    more: bool
    sayings: tuple[Saying, ...]


class Rooms:
    """Reads what is to be seen in one console workspace."""

    def __init__(self, community: Community, platform: ConsolePlatform) -> None:
        self._unit = community.unit
        self._map = community.channel_map
        self._places = community.municipalities
        self._clock = community.clock
        self._no_text = community.words.no_text
        self._integration = community.words.integration
        self._platform = platform
        self._workspace_id = platform.workspace.id
        self._counted: dict[tuple[str, MessageRef], tuple[tuple[int, int], int]] = {}
        self._told: dict[str, tuple[int, int]] = {}
        self._opened_rooms: dict[str, tuple[float, tuple[Room, ...]]] = {}

    def position(self) -> int:
        """Where the record stands; it moves with every change."""
        with self._unit.read() as work:
            return work.corpus.position()

    def people(self) -> tuple[Person, ...]:
        """Those one can act as, by name."""
        with self._unit.read() as work:
            members = work.corpus.members(self._workspace_id)
        here = [self._person(member) for member in members if not (member.bot or member.deleted)]
        return tuple(sorted(here, key=lambda person: person.name)[:MOST_MEMBERS])

    def open_to(self, member_id: str) -> tuple[Room, ...]:
        """The channels that a member can open, group by group."""
        read_at, rooms = self._opened_rooms.get(member_id, (0.0, ()))
        if rooms and time.monotonic() - read_at < ROOMS_SECONDS:
            return rooms
        with self._unit.read() as work:
            audience = work.corpus.audience_of(self._workspace_id, member_id)
            found = [room for room in work.corpus.channels(self._workspace_id) if audience.may_open(room)]
        rooms = tuple(sorted((self._room(room) for room in found if not room.archived), key=_order(self._map)))
        self._opened_rooms[member_id] = (time.monotonic(), rooms)
        return rooms

    def listing(self, member_id: str, channel_id: str, limit: int) -> Listing:
        """The newest threads of a channel, newest first."""
        with self._unit.read() as work:
            if self._opened(work, member_id, channel_id) is None:
                return Listing((), more=False, sayings=())
            threads = self._recent(work, channel_id, limit)
            shown = sorted(threads, key=_newest, reverse=True)[:limit]
            people = self._people(work, [thread.root for thread in shown])
            rows = [self._row(work, thread, people, member_id) for thread in shown]
            said = self._fresh(work, sayings.in_channel(work, self._workspace_id, channel_id, member_id))
        return Listing(tuple(rows), more=len(threads) > limit, sayings=tuple(said))

    def thread(self, member_id: str, channel_id: str, message_id: str) -> OpenThread | None:
        """The thread of a message as a member sees it; None where there is none, or none for them."""
        with self._unit.read() as work:
            room = self._opened(work, member_id, channel_id)
            found = work.corpus.thread(MessageRef(self._workspace_id, channel_id, message_id)) if room else None
            if room is None or found is None:
                return None
            people = self._people(work, [found.root, *found.replies])
            accepted = found.accepted.ref if found.accepted else None
            root_id = found.ref.message_id
            said = self._fresh(work, sayings.in_thread(work, self._workspace_id, channel_id, root_id, member_id))
            silent = sayings.silent(work, self._workspace_id, channel_id, root_id)
        return OpenThread(
            room=self._room(room),
            root=Post(found.root, people[found.root.author_id]),
            replies=tuple(
                Post(reply, people[reply.author_id], accepted=reply.ref == accepted) for reply in found.replies
            ),
            sayings=tuple(said),
            resolved=found.resolved,
            silent=silent,
        )

    def directs(self, member_id: str) -> tuple[Saying, ...]:
        """The bot's direct messages to a member."""
        with self._unit.read() as work:
            return tuple(self._fresh(work, sayings.directs(work, self._workspace_id, member_id)))

    def told(self, member_id: str) -> int:
        """How many direct messages the bot has sent a member; counted again when it has spoken."""
        beats = self._platform.beats
        known_at, count = self._told.get(member_id, (-1, 0))
        if known_at != beats:
            with self._unit.read() as work:
                count = len(sayings.directs(work, self._workspace_id, member_id))
            self._told[member_id] = (beats, count)
        return count

    def home(self, member_id: str) -> Saying | None:
        """A member's home page."""
        with self._unit.read() as work:
            shown = sayings.home(work, self._workspace_id, member_id)
            return next(iter(self._fresh(work, [shown])), None) if shown else None

    def answers(self, waiting: Iterable[str], known: Mapping[str, Saying]) -> dict[str, Saying]:
        """The private answers by handle: those `known` as they may be shown now, and those that came since."""
        with self._unit.read() as work:
            found = {**known, **sayings.answers(work, self._workspace_id, waiting)}
            return dict(zip(found, self._fresh(work, found.values()), strict=True))

    def _fresh(self, work: WorkInProgress, said: Iterable[Saying]) -> list[Saying]:
        """The bot's sayings; the private ones are renewed by nobody else: what was deleted goes from them here."""
        return [
            replace(saying, reply=replace(saying.reply, cards=self._cards(work, saying))) if saying.private else saying
            for saying in said
        ]

    def _cards(self, work: WorkInProgress, saying: Saying) -> tuple[Card, ...]:
        ids = {card: int(match[1]) for card in saying.reply.cards if (match := _OF_THREAD.fullmatch(_value(card)))}
        found = {thread.id: thread for thread in work.corpus.threads(ids.values())}
        kept = []
        for card in saying.reply.cards:
            thread = found.get(ids.get(card, 0))
            if thread is not None:
                answer = excerpt(thread.accepted.text) if thread.accepted else self._no_text
                kept.append(replace(card, title=thread.title, excerpt=answer))
            elif card not in ids:
                kept.append(card)
        return tuple(kept)

    def _recent(self, work: WorkInProgress, channel_id: str, limit: int) -> list[Thread]:
        """The threads of the shortest span that holds more than `limit` of them."""
        found: list[Thread] = []
        for days in SPANS_DAYS:
            since = self._clock.now() - timedelta(days=days)
            found = work.corpus.recent_threads(self._workspace_id, since, channel_id)
            if len(found) > limit:
                break
        return found

    def _row(self, work: WorkInProgress, thread: Thread, people: dict[str, Person], member_id: str) -> Row:
        ref = thread.ref
        said = self._count(work, ref, member_id)
        return Row(
            post=Post(thread.root, people[thread.root.author_id]),
            replies=len(thread.replies),
            resolved=thread.resolved,
            answered=said > 0,
        )

    def _count(self, work: WorkInProgress, ref: MessageRef, member_id: str) -> int:
        """How many sayings a member sees in a thread; remembered until the bot speaks again, here or elsewhere."""
        now = (self._platform.beats, int(time.monotonic() / ROOMS_SECONDS))
        known_at, count = self._counted.get((member_id, ref), (None, 0))
        if known_at == now:
            return count
        count = len(sayings.in_thread(work, self._workspace_id, ref.channel_id, ref.message_id, member_id))
        if len(self._counted) >= MOST_COUNTED:
            self._counted.clear()
        self._counted[member_id, ref] = (now, count)
        return count

    def _opened(self, work: WorkInProgress, member_id: str, channel_id: str) -> Channel | None:
        room = work.corpus.channel(self._workspace_id, channel_id)
        audience = work.corpus.audience_of(self._workspace_id, member_id)
        return room if room is not None and audience.may_open(room) else None

    def _people(self, work: WorkInProgress, messages: Iterable[Message]) -> dict[str, Person]:
        nameless = {
            message.author_id: message.author_id if message.by_person else self._integration for message in messages
        }
        known = {member.id: self._person(member) for member in work.corpus.members(self._workspace_id, nameless)}
        return {member_id: known.get(member_id, Person(member_id, name)) for member_id, name in nameless.items()}

    def _person(self, member: Member) -> Person:
        place = self._places.by_code.get(member.municipality or "")
        told = place is None or place.prefecture in member.display_name
        return Person(member.id, member.display_name, "" if place is None or told else place.prefecture)

    def _room(self, channel: Channel) -> Room:
        entry = self._map.named(channel.name)
        kind = entry.kind if entry else Kind.TOPIC
        group = {Kind.TOPIC: Group.TOPIC, Kind.PREFECTURE: Group.PREFECTURE}.get(kind, Group.GENERAL)
        return Room(channel.id, channel.name, group, self._map.policy(channel.name), self._map.welcomes(channel.name))


def _value(card: Card) -> str:
    return card.buttons[0].value if card.buttons else ""


def _newest(thread: Thread) -> datetime:
    return thread.root.posted_at


def _order(channel_map: ChannelMap) -> Callable[[Room], tuple[int, int, str]]:
    """Groups in their order; within them as the channel map has it, then by name."""
    places = {entry.name: number for number, entry in enumerate(channel_map.entries)}
    groups = list(Group)

    def order(room: Room) -> tuple[int, int, str]:
        return groups.index(room.group), places.get(room.name, len(places)), room.name

    return order
