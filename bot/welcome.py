"""Newcomers: the first post among the introductions gets a warm reply, once a person.

It names the prefecture's channel, the channels of what they wrote about, where to practise and where to ask, and people
from municipalities of like size who introduced themselves before. Who has written here for weeks is no newcomer, and
gets no welcome for a word of farewell. A direct message after some days to who has written nothing since is off unless
`newcomer_reminder` in `channel_map.yaml` says after how long.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import quiet_hours
from bot.community import Community
from bot.digest_page import mended
from bot.digest_readers import NEW
from bot.events import Deleted
from bot.replies import Card, Reply
from bot.replies.wording.welcome import welcome_words
from bot.routing import Router
from bot.store import WorkInProgress
from bot.store.outbox import Delivery, Outgoing
from bot.store.quotations import Quotation
from indexer.channel_map import Kind, Policy
from indexer.model import Channel, Member, Message, Thread, Visibility, room_audience
from indexer.municipalities import Municipality

NEIGHBOUR = "neighbour"
MOST_NEIGHBOURS = 2  # with their heading they fit the three cards of a message in a thread
MOST_TOPICS = 2
# From this confidence on a topic's channel is named: a channel too many costs a newcomer a glance, no more. In the
# sample six of nine introductions reach it, each with a channel about what it tells.
FITS = 0.44
SHORTEST_NAME = 2  # characters of a channel name that is looked for in a text; 「税」 stands in many words
# Municipalities of half to double the population, as `規模:` in searches means it.
LIKE_SIZE = math.log(2)
LOOKED_BACK = timedelta(days=2 * 365)  # whoever introduced themselves earlier has mostly moved on to other duties
LATE = timedelta(days=7)  # a welcome later than that, after a long outage, would puzzle
REMINDED_FOR = timedelta(days=14)  # how long after its day a reminder is still made up for


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who has just introduced themselves."""

    message: Message
    member: Member
    room: Channel


class Welcome:
    """Greets newcomers."""

    def __init__(self, community: Community, router: Router) -> None:
        self._unit = community.unit
        self._map = community.channel_map
        self._composer = community.composer
        self._municipalities = community.municipalities
        self._clock = community.clock
        self._router = router
        self._words = welcome_words(community.words.lang)

    def posted(self, message: Message) -> None:
        """A post among the introductions is welcomed if it is its author's first."""
        with self._unit.read() as work:
            newcomer = self._newcomer(work, message)
            if newcomer is None:
                return
            topics = self._topics(newcomer)
            neighbours = self._neighbours(work, newcomer)
            reply = self._reply(work, newcomer, topics, neighbours)
        loud = self._policy(newcomer.room) is Policy.THREAD
        with self._unit.begin() as work:
            standing = {thread.id for thread in work.corpus.threads(thread.id for thread, _ in neighbours)}
            if work.corpus.thread(message.ref) is None:  # taken back meanwhile
                return
            for thread, _ in neighbours:
                if thread.id not in standing:
                    reply = mended(reply, self._link(work, thread), None)
            outgoing = Outgoing(
                key=_key(newcomer.member),
                workspace_id=message.ref.workspace_id,
                kind=Delivery.POST if loud else Delivery.WHISPER,
                reply=reply,
                channel_id=message.ref.channel_id,
                thread_id=message.ref.message_id,
                member_id=newcomer.member.id,
            )
            now = self._clock.now()
            if work.outbox.put(outgoing, now):
                quoted = (Quotation(outgoing.key, NEIGHBOUR, thread_id, now) for thread_id in standing)
                work.quotations.keep(quoted)

    def deleted(self, event: Deleted) -> None:
        """An introduction is gone: welcomes no longer point to it."""
        with self._unit.begin() as work:
            thread_id = work.corpus.thread_id(event.ref)
            quotations = work.quotations.of_thread(thread_id) if thread_id is not None else []
            workspace = work.corpus.workspace(event.ref.workspace_id)
            for quotation in quotations:
                kept = work.outbox.get(quotation.key) if quotation.part == NEIGHBOUR else None
                if kept is None or workspace is None:
                    continue
                shown = work.outbox.reads(quotation.key)
                anew = mended(shown, workspace.permalink(event.ref), None)
                if anew != shown and kept.outgoing.kind is Delivery.POST:
                    work.outbox.revise(quotation.key, anew, self._clock.now())

    def remind(self, workspace_id: str, at: datetime) -> int:
        """Write once to newcomers who were silent since they introduced themselves; how many there were."""
        after = self._map.newcomer_reminder
        if after is None:
            return 0
        with self._unit.begin() as work:
            rooms = {entry.name for entry in self._map.of_kind(Kind.INTRODUCTIONS)}
            opened = work.corpus.active_threads(workspace_id, at - after - REMINDED_FOR, at - after)
            greeted = [thread for thread in opened if thread.channel.name in rooms and self._silent(work, thread)]
            return sum(self._remind(work, thread.root) for thread in greeted)

    def _remind(self, work: WorkInProgress, message: Message) -> bool:
        asking = self._named(Kind.GENERAL)
        outgoing = Outgoing(
            key=f"newcomer:{message.ref.workspace_id}:{message.author_id}",
            workspace_id=message.ref.workspace_id,
            kind=Delivery.DIRECT,
            reply=Reply(self._words.reminder.format(name=asking)),
            member_id=message.author_id,
        )
        now, zone = self._clock.now(), self._composer.zone
        return work.outbox.put(outgoing, quiet_hours.due(work, outgoing.workspace_id, message.author_id, now, zone))

    def _silent(self, work: WorkInProgress, thread: Thread) -> bool:
        """Whether a welcomed member has written nothing outside their introduction's thread."""
        author = thread.root.author_id
        member = work.corpus.member(thread.ref.workspace_id, author)
        if member is None or member.deleted or work.outbox.get(_key(member)) is None:
            return False
        return work.corpus.touched_by(thread.ref.workspace_id, [author], reacted=False) == [thread.id]

    def _newcomer(self, work: WorkInProgress, message: Message) -> Newcomer | None:
        """Who wrote it, where, if this is a first introduction that nobody has welcomed."""
        ref = message.ref
        room = work.corpus.channel(ref.workspace_id, ref.channel_id)
        member = work.corpus.member(ref.workspace_id, message.author_id)
        if room is None or member is None or member.bot or not message.is_root:
            return None
        if self._policy(room) is Policy.OFF or work.outbox.get(_key(member)) is not None:
            return None
        if self._clock.now() - message.posted_at > LATE:
            return None
        first = work.corpus.first_posts(ref.workspace_id, [member.id]).get(member.id, message.posted_at)
        if first < message.posted_at - NEW:
            return None
        own = work.corpus.each(work.corpus.touched_by(ref.workspace_id, [member.id], reacted=False))
        before = (thread.root for thread in own if thread.channel.id == room.id and thread.ref != ref)
        return None if any(root.author_id == member.id for root in before) else Newcomer(message, member, room)

    def _policy(self, room: Channel) -> Policy:
        entry = self._map.named(room.name)
        if entry is None or entry.kind is not Kind.INTRODUCTIONS or room.archived:
            return Policy.OFF
        return entry.welcome

    def _topics(self, newcomer: Newcomer) -> list[str]:
        routes = self._router.route(newcomer.message.text, room_audience(newcomer.room))
        fitting = [route.name for route in routes if route.kind is Kind.TOPIC and route.confidence >= FITS]
        # Who names several topics is sure of none by the router's measure, which looks for the one right channel.
        return list(dict.fromkeys([*self._told(newcomer.message.text), *fitting]))[:MOST_TOPICS]

    def _told(self, text: str) -> list[str]:
        """The topics that a text names by their channels' names, in its order."""
        plain = unicodedata.normalize("NFKC", text).casefold()
        places = {
            entry.name: place
            for entry in self._map.of_kind(Kind.TOPIC)
            if len(entry.name) >= SHORTEST_NAME
            and entry.visibility is Visibility.PUBLIC
            and (place := plain.find(unicodedata.normalize("NFKC", entry.name).casefold())) >= 0
        }
        return sorted(places, key=places.__getitem__)

    def _place(self, member: Member) -> Municipality | None:
        return self._municipalities.by_code.get(member.municipality or "")

    def _neighbours(self, work: WorkInProgress, newcomer: Newcomer) -> list[tuple[Thread, Municipality]]:
        """Introductions of people from municipalities of like size: nearest first, one a municipality."""
        here = self._place(newcomer.member)
        if here is None or here.is_prefecture or not here.population:
            return []
        room = newcomer.room
        opened = work.corpus.recent_threads(room.workspace_id, newcomer.message.posted_at - LOOKED_BACK, room.id)
        authors = sorted({thread.root.author_id for thread in opened})
        members = {member.id: member for member in work.corpus.members(room.workspace_id, authors)}
        found: dict[str, tuple[float, Thread, Municipality]] = {}
        for thread in opened:
            member = members.get(thread.root.author_id)
            place = self._place(member) if member and not (member.deleted or member.bot) else None
            if place is None or place.is_prefecture or not place.population or place == here:
                continue
            apart = abs(math.log(place.population / here.population))
            if apart <= LIKE_SIZE:
                # Of two as near in size, the one of the same prefecture comes first.
                found[place.code] = (apart - (LIKE_SIZE if place.prefecture == here.prefecture else 0), thread, place)
        nearest = sorted(found.values(), key=lambda one: (one[0], one[2].code))[:MOST_NEIGHBOURS]
        return [(thread, place) for _, thread, place in nearest]

    # In words

    def _reply(
        self,
        work: WorkInProgress,
        newcomer: Newcomer,
        topics: Sequence[str],
        neighbours: Sequence[tuple[Thread, Municipality]],
    ) -> Reply:
        workspace_id = newcomer.room.workspace_id
        rooms = {room.name: room.id for room in work.corpus.channels(workspace_id) if not room.archived}
        named: list[str] = []
        lines = list(self._lines(newcomer, topics, rooms, named.append))
        name = self._composer.name(work.corpus, workspace_id, newcomer.member.id)
        cards = [self._card(work, thread, place) for thread, place in neighbours]
        if cards:
            cards.insert(0, Card(self._words.neighbours, "", "", ""))
        return Reply(
            "\n".join([self._words.greeting.format(name=name), *lines]),
            tuple(cards),
            (self._words.search,),
            links=tuple((rooms[one], one) for one in named),
        )

    def _lines(
        self, newcomer: Newcomer, topics: Sequence[str], rooms: dict[str, str], name: Callable[[str], None]
    ) -> Iterator[str]:
        """A line for each kind of channel that is there; `name` hears which channels are named."""
        prefecture = self._prefecture(newcomer.member)
        there = [topic for topic in topics if topic in rooms]
        told = [
            (self._words.prefecture, [prefecture]),
            (self._words.topics, there),
            (self._words.practice, [self._named(Kind.PRACTICE)]),
            (self._words.ask, [self._named(Kind.GENERAL)]),
        ]
        for sentence, names in told:
            shown = [one for one in names if one in rooms]
            for one in shown:
                name(one)
            if shown:
                yield sentence.format(name=shown[0], names=self._words.names.join(f"#{one}" for one in shown))

    def _card(self, work: WorkInProgress, thread: Thread, place: Municipality) -> Card:
        name = self._composer.name(work.corpus, thread.ref.workspace_id, thread.root.author_id)
        facts = self._words.neighbour_facts.format(prefecture=place.prefecture, population=place.population)
        return Card(self._words.neighbour.format(name=name), self._link(work, thread), "", facts)

    def _prefecture(self, member: Member) -> str:
        place = self._place(member)
        entries = self._map.of_kind(Kind.PREFECTURE)
        return next((entry.name for entry in entries if place and entry.prefecture == place.prefecture), "")

    def _named(self, kind: Kind) -> str:
        return next((entry.name for entry in self._map.of_kind(kind)), "")

    def _link(self, work: WorkInProgress, thread: Thread) -> str:
        workspace = work.corpus.workspace(thread.ref.workspace_id)
        return workspace.permalink(thread.ref) if workspace else ""


def _key(member: Member) -> str:
    """The outbox key of a member's welcome."""
    return f"welcome:{member.workspace_id}:{member.id}"
