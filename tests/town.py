"""A small community around the use cases: a real database, a scripted search, a fake platform and a fake clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from builders import NOON, WORKSPACE, channel, member, message, ref
from fakes import FakeChatPlatform, FakeClock

from bot.community import Community
from bot.conversation import Conversation
from bot.events import Commanded, Deleted, Edited, Event, Posted, Pressed
from bot.late_letters import welcome_at
from bot.replies import Reply
from bot.replies.compose import Composer
from bot.replies.wording import JA
from bot.sending import Sender
from bot.store import UnitOfWork
from indexer.channel_map import ChannelMap, Edition, Entry, Kind, Policy, Thresholds
from indexer.corpus import Corpus, Database
from indexer.model import Hit, Message, Query, Visibility
from indexer.municipalities import shipped
from indexer.resolution import RESOLVING_EMOJI, ResolutionRules
from indexer.search.learnt import Learnt

ASKER, ANSWERER, OTHER = "U1", "U2", "U3"
MAP = ChannelMap(
    entries=(
        Entry("何でも相談", Kind.GENERAL, Policy.THREAD),
        Entry("税", Kind.TOPIC, Policy.WHISPER, ("課税",), ambassadors=("UAMB",)),
        Entry("県内担当", Kind.TOPIC, Policy.THREAD, visibility=Visibility.PRIVATE),
        Entry("雑談", Kind.SOCIAL, Policy.OFF),
        Entry("お知らせ", Kind.ANNOUNCEMENTS, Policy.OFF, digest=Edition.COMMUNITY),
        Entry("自己紹介", Kind.INTRODUCTIONS, Policy.OFF, welcome=Policy.THREAD),
        Entry("書き込み練習", Kind.PRACTICE, Policy.OFF),
        Entry("愛媛県", Kind.PREFECTURE, Policy.THREAD, prefecture="愛媛県", digest=Edition.OWN),
    ),
    thresholds=Thresholds(0.75, 0.5),
    resolved_reactions=RESOLVING_EMOJI,
    operators=frozenset({"UOP"}),
)


ROOMS = (
    channel(),
    channel("CTAX", "税"),
    channel("CCHAT", "雑談"),
    channel("CNEWS", "お知らせ"),
    channel("CHELLO", "自己紹介"),
    channel("CTRY", "書き込み練習"),
    channel("CEHIME", "愛媛県"),
    channel("GPREF", "県内担当", private=True, members=(ASKER, ANSWERER)),
)
PEOPLE = (
    member(ASKER),
    member(ANSWERER, "松山市 システム管理"),
    member(OTHER, "情報係＠奥尻町"),
    member("UAMB", "税務課＠小諸市"),
)


@dataclass
class ScriptedSearch:
    """Finds what the script says, as far as the query's audience and filters permit."""

    database: Database
    script: dict[str, float] = field(default_factory=dict)
    asked: list[Query] = field(default_factory=list)
    learnt: Learnt | None = None
    likeness: float = 0.0

    def similar(self, query: Query) -> list[Hit]:
        self.asked.append(query)
        hits = []
        with self.database.read() as connection:
            corpus = Corpus(connection)
            for message_id, confidence in sorted(self.script.items(), key=lambda item: -item[1]):
                for room in corpus.channels():
                    thread = corpus.thread(ref(message_id, room.id, room.workspace_id))
                    if (
                        thread is not None
                        and query.audience.may_open(thread.channel)
                        and thread.ref != query.exclude
                        and (thread.resolved or not query.resolved_only)
                    ):
                        hits.append(Hit(thread, confidence, likeness=self.likeness))
        return hits[: query.k]


class Town:
    """Says and does things as members would, and shows what the bot made of it."""

    def __init__(self, database: Database) -> None:
        self.clock = FakeClock(NOON + timedelta(days=1))
        self.search = ScriptedSearch(database)
        self.platform = FakeChatPlatform(ROOMS, PEOPLE)
        self.unit = UnitOfWork(database, ResolutionRules())
        composer = Composer(JA, ZoneInfo("Asia/Tokyo"), shipped())
        self.community = Community(self.unit, self.search, MAP, shipped(), composer, self.clock)  # type: ignore[arg-type]
        self.conversation = Conversation(self.community, self.platform)
        late = partial(welcome_at, self.community)
        self.sender = Sender(self.unit, self.clock, {WORKSPACE: self.platform}, late)
        self._events = 0
        with self.unit.begin() as work:
            work.corpus.record_workspace(self.platform.workspace)
            work.corpus.record_channels(ROOMS, NOON)
            work.corpus.record_members(PEOPLE, NOON)

    def past(self, message_id: str, question: str, answer: str, *, channel_id: str = "CTAX") -> None:
        """A resolved thread of the past; its root's id is `message_id`, its answer's that plus 1."""
        answer_id = str(int(message_id) + 1)
        root = message(message_id, question, author=OTHER, channel_id=channel_id)
        reply = message(
            answer_id,
            answer,
            root=message_id,
            author=ANSWERER,
            channel_id=channel_id,
            reactions={"white_check_mark": (OTHER,)},
        )
        with self.unit.begin() as work:
            work.corpus.record([root, reply], NOON)

    def happens(self, event: Event) -> None:
        self._events += 1
        self.conversation.hear(event, f"event:{self._events}")
        self.conversation.follow()
        self.deliver()

    def deliver(self) -> None:
        while self.sender.work():
            self.clock.forward(1)

    def ask(self, message_id: str, text: str, *, author: str = ASKER, channel_id: str = "C0HELP") -> Message:
        said = message(message_id, text, author=author, channel_id=channel_id)
        self.happens(Posted(said))
        return said

    def edit(self, said: Message, text: str) -> None:
        later = self.clock.now()
        changed = Message(said.ref, said.root, said.author_id, text, said.posted_at, said.kind, later)
        self.happens(Edited(changed))

    def delete(self, message_id: str, channel_id: str = "C0HELP") -> None:
        self.happens(Deleted(ref(message_id, channel_id), self.clock.now()))

    def press(self, member_id: str, action: str, value: str, channel_id: str = "C0HELP") -> str:
        """Press a button and read the private answer."""
        handle = f"press-{self._events}"
        self.happens(Pressed(WORKSPACE, channel_id, member_id, action, value, handle))
        return self.platform.answers[handle][-1].text

    def press_alone(self, member_id: str, action: str, value: str) -> Reply:
        """Press a button of the whisper that came last; what it reads from then on."""
        handle, whisper = f"press-{self._events}", self.platform.whispers[-1]
        self.platform.pressed[handle] = whisper
        self.happens(Pressed(WORKSPACE, whisper.channel_id, member_id, action, value, handle))
        return self.platform.whispers[-1].reply

    def command(self, member_id: str, name: str, text: str, channel_id: str = "C0HELP") -> Reply:
        handle = f"command-{self._events}"
        self.happens(Commanded(WORKSPACE, channel_id, member_id, name, text, handle))
        return self.platform.answers[handle][-1]

    @property
    def posts(self) -> list[str]:
        """The opening lines of what stands in public, with the titles of its cards."""
        return [
            " / ".join((said.reply.text, *(card.title for card in said.reply.cards))) for said in self.platform.posts
        ]
