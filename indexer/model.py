"""The shared nouns: frozen values that every module passes on, free of any platform's payloads.

Times are timezone-aware UTC. A workspace id carries its platform (`slack:T06V8J4SU`); a channel or message id is the
platform's own and means something only within its workspace.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Visibility(StrEnum):
    """Who may open a channel."""

    PUBLIC = "public"
    PRIVATE = "private"


class MessageKind(StrEnum):
    """How a message came to be; only people's posts can ask, answer or resolve."""

    POST = "post"
    BROADCAST = "broadcast"
    ME = "me"
    BOT = "bot"


# What a Mattermost export tells of has no ids, but unique names and times: these begin the ids made up from them, which
# the platform's own ids replace as soon as its API tells them.
EXPORTED_MESSAGE, EXPORTED_CHANNEL, EXPORTED_MEMBER = "exported-", "~", "@"


@dataclass(frozen=True, slots=True)
class Workspace:
    """One Slack workspace, Mattermost team or console. `url` is the base of its permalinks, empty while unknown."""

    id: str
    name: str = ""
    url: str = ""

    @property
    def platform(self) -> str:
        """`slack`, `mattermost` or `console`."""
        return self.id.partition(":")[0]

    def permalink(self, ref: MessageRef) -> str:
        """Where a member opens the message in a browser.

        Until the workspace's own address is known (an export does not tell it), Slack's client is linked by team id,
        Mattermost not at all.
        """
        if self.platform == "mattermost":
            return self._mattermost_link(ref)
        if self.platform == "console":
            return f"{self.url}/c/{ref.channel_id}/{ref.message_id}"
        if self.url:
            return f"{self.url.rstrip('/')}/archives/{ref.channel_id}/p{ref.message_id.replace('.', '')}"
        team = self.id.partition(":")[2]
        return f"https://app.slack.com/client/{team}/{ref.channel_id}/thread/{ref.channel_id}-{ref.message_id}"

    def _mattermost_link(self, ref: MessageRef) -> str:
        """The post, or while only an export told of it, and not its id, the channel it stands in."""
        if not self.url:
            return ""
        if ref.exported:
            return f"{self.url}/channels/{ref.channel_id.removeprefix(EXPORTED_CHANNEL)}"
        return f"{self.url}/pl/{ref.message_id}"


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as its platform describes it. `members`: of a private channel; empty leaves what is kept.

    `handle`: the unique name in addresses and mentions where that is neither name nor id, as on Mattermost.
    """

    workspace_id: str
    id: str
    name: str
    visibility: Visibility = Visibility.PUBLIC
    archived: bool = False
    members: frozenset[str] = frozenset()
    handle: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A person or bot of a workspace. `municipality` is a 6-digit 団体コード, None where the name does not tell.

    `handle`: the unique name that mentions use where that is not the id, as on Mattermost.
    """

    workspace_id: str
    id: str
    display_name: str
    title: str = ""
    bot: bool = False
    guest: bool = False
    deleted: bool = False
    municipality: str | None = None
    handle: str = ""


@dataclass(frozen=True, slots=True, order=True)
class MessageRef:
    """Where a message stands. Slack's `ts` and Mattermost's post id are both `message_id`."""

    workspace_id: str
    channel_id: str
    message_id: str

    @property
    def exported(self) -> bool:
        """Whether an export alone told of the message, and the platform's own id of it is not known yet."""
        return self.message_id.startswith(EXPORTED_MESSAGE)


@dataclass(frozen=True, slots=True)
class Reaction:
    """One emoji (its short name, without colons or skin tone) and who gave it."""

    emoji: str
    member_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A post in plain text. `root` is the thread it belongs to: its own ref when it opens one."""

    ref: MessageRef
    root: MessageRef
    author_id: str
    text: str
    posted_at: datetime
    kind: MessageKind = MessageKind.POST
    edited_at: datetime | None = None
    reactions: tuple[Reaction, ...] = ()

    @property
    def is_root(self) -> bool:
        """Whether this message opens a thread."""
        return self.ref == self.root

    @property
    def by_person(self) -> bool:
        """Whether a member, not a bot, wrote it."""
        return self.kind is not MessageKind.BOT


class MarkKind(StrEnum):
    """What somebody declared about a thread by a button or a command.

    TALLIED: the bot counted the answers to a poll, which are its solution; UNTALLIED: there are none any more.
    """

    RESOLVED = "resolved"
    REOPENED = "reopened"
    TALLIED = "tallied"
    UNTALLIED = "untallied"


@dataclass(frozen=True, slots=True)
class Mark:
    """A declaration by button or command; `answer_id` names the accepted reply where the member chose one."""

    kind: MarkKind
    member_id: str
    at: datetime
    answer_id: str | None = None


class ResolvedBy(StrEnum):
    """What tells that a thread is resolved."""

    REACTION = "reaction"
    MARK = "mark"
    WORDS = "words"
    TALLY = "tally"


@dataclass(frozen=True, slots=True)
class Resolution:
    """How a thread ended: the accepted answer (None: no substantive reply, or a poll) and what tells so."""

    by: ResolvedBy
    accepted: Message | None


@dataclass(frozen=True, slots=True)
class Thread:
    """A root message with its replies in order of time, deleted ones left out. `id` numbers it in every index."""

    id: int
    channel: Channel
    root: Message
    replies: tuple[Message, ...]
    marks: tuple[Mark, ...] = ()
    resolution: Resolution | None = None

    @property
    def ref(self) -> MessageRef:
        """The root message's ref."""
        return self.root.ref

    @property
    def resolved(self) -> bool:
        """Whether the asker or a reader called it solved."""
        return self.resolution is not None

    @property
    def accepted(self) -> Message | None:
        """The reply that solved it."""
        return self.resolution.accepted if self.resolution else None

    @property
    def title(self) -> str:
        """The question's first telling line, for lists; at most 60 characters."""
        lines = [line.strip() for line in self.root.text.splitlines() if line.strip()]
        line = next((line for line in lines if len(line) >= SHORTEST_TITLE), lines[0] if lines else "")
        return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1] + "…"


SHORTEST_TITLE = 12  # characters; 「お疲れ様です。」 alone names no matter
LONGEST_TITLE = 60


@dataclass(frozen=True, slots=True)
class Audience:
    """Who will read an answer, as the channels that all of them can open.

    `workspaces`: None means all. `public`: whether every public channel is open to them (not so for guests).
    `channels`: (workspace id, channel id) of private channels, or for guests of any channel, that they belong to.
    """

    workspaces: frozenset[str] | None = None
    public: bool = True
    channels: frozenset[tuple[str, str]] = frozenset()

    def may_open(self, channel: Channel) -> bool:
        """Whether everybody in the audience can open `channel`."""
        if self.workspaces is not None and channel.workspace_id not in self.workspaces:
            return False
        if (channel.workspace_id, channel.id) in self.channels:
            return True
        return self.public and channel.visibility is Visibility.PUBLIC


EVERYBODY = Audience()


def room_audience(channel: Channel) -> Audience:
    """Everybody in a channel: what they can all open is public, or stands in this very channel."""
    return Audience(frozenset({channel.workspace_id}), channels=frozenset({(channel.workspace_id, channel.id)}))


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for, for whom, and within which bounds.

    `municipality`, `prefecture`: codes; the first is the asker's own and only ranks, the second filters the askers of
    threads. `population` filters by the asker's municipality, inclusive. `exclude`: the question's own thread, which is
    left out, and whose channel ranks.
    """

    text: str
    audience: Audience = EVERYBODY
    k: int = 5
    resolved_only: bool = True
    municipality: str | None = None
    channel: str | None = None
    prefecture: str | None = None
    population: tuple[int, int] | None = None
    since: datetime | None = None
    exclude: MessageRef | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A thread found, with the confidence in [0, 1] that it helps; `evidence` explains it feature by feature.

    `likeness`: how near its question is to the one asked, in standard deviations above what unanswered questions of the
    community get; 0 for what is usual between any two.
    """

    thread: Thread
    confidence: float
    evidence: dict[str, float] = field(default_factory=dict)
    likeness: float = 0.0
