"""`channel_map.yaml` as typed values: what each channel is about and how the bot may answer there.

The record needs it as much as the conversation does: which private channels may be read, which reactions mean 「解決」.
`channel_map_file` reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from enum import StrEnum

from indexer.model import Audience, Visibility


class Kind(StrEnum):
    """What a channel is for."""

    GENERAL = "general"
    TOPIC = "topic"
    PREFECTURE = "prefecture"
    INTRODUCTIONS = "introductions"
    ANNOUNCEMENTS = "announcements"
    SOCIAL = "social"
    PRACTICE = "practice"


class Policy(StrEnum):
    """The most that the bot may do about a new question in a channel."""

    THREAD = "thread"
    WHISPER = "whisper"
    OFF = "off"


class Edition(StrEnum):
    """Which weekly digest is posted in a channel: the whole community's, or that of its own topic or prefecture."""

    COMMUNITY = "community"
    OWN = "own"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Entry:
    """One channel of the map. `prefecture` is the prefecture's name, by default that of the channel."""

    name: str
    kind: Kind
    reply: Policy = Policy.OFF
    keywords: tuple[str, ...] = ()
    ambassadors: tuple[str, ...] = ()
    visibility: Visibility = Visibility.PUBLIC
    prefecture: str = ""
    digest: Edition = Edition.OFF
    welcome: Policy = Policy.OFF


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How sure the bot must be to speak in the thread, and to whisper to the asker."""

    thread: float = 0.7
    whisper: float = 0.6


class Tier(StrEnum):
    """A tier of recognition, lowest first."""

    ADVISOR = "advisor"
    EXPERT = "expert"
    SPECIALIST = "specialist"


@dataclass(frozen=True, slots=True)
class Bar:
    """What a tier demands of a year, and of how many years running. `bot.tiers` says why so much."""

    credit: float
    months: int
    municipalities: int
    topics: int
    years: int = 1


@dataclass(frozen=True, slots=True)
class Recognition:
    """How help is recognised. `channel`: where thanks are said once a month; empty for nowhere."""

    channel: str = ""
    bars: Mapping[Tier, Bar] = field(
        default_factory=lambda: {
            Tier.ADVISOR: Bar(4, 3, 4, 1),
            Tier.EXPERT: Bar(10, 6, 8, 2),
            Tier.SPECIALIST: Bar(10, 6, 8, 2, years=2),
        }
    )


# A day of the year, as (month, day).
Day = tuple[int, int]


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """When people work, Monday to Friday: most municipalities 8:30 to 17:15, closed from 12/29 to 1/3 and on holidays.

    `holidays`: whether Japan's national holidays are free; `closed`: spans of days in each year, both ends included.
    """

    opens: time = time(8, 30)
    closes: time = time(17, 15)
    holidays: bool = True
    closed: tuple[tuple[Day, Day], ...] = (((12, 29), (1, 3)),)


@dataclass(frozen=True, slots=True)
class WorkingSpan:
    """A length of working time: hours and whole working days."""

    hours: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class Care:
    """How long a question waits, in working time, until ambassadors are told, then more people, then the digest.

    `closed`: after which age, in calendar time, nobody is told of it any more. docs/decisions/0016-unanswered.md.
    """

    ambassadors: WorkingSpan = WorkingSpan(hours=4)
    wider: WorkingSpan = WorkingSpan(days=1)
    digest: WorkingSpan = WorkingSpan(days=3)
    closed: timedelta = timedelta(days=60)


# An answer of this age may be out of date: municipal systems are renewed, and posts change hands, every three to five
# years, and taxes and benefits change every spring.
OLD_AFTER = timedelta(days=3 * 365)
# From so many municipalities on the answers to a poll are tallied; docs/decisions/0012-polls.md says why five.
POLL_ANSWERS = 5


@dataclass(frozen=True, slots=True)
class ChannelMap:
    """All of `channel_map.yaml`. `newcomer_reminder`: how long after their greeting a silent newcomer is written to.

    `joined`: workspaces whose members are shown each other's public threads.
    """

    entries: tuple[Entry, ...]
    thresholds: Thresholds
    resolved_reactions: frozenset[str]
    operators: frozenset[str]
    old_after: timedelta = OLD_AFTER
    recognition: Recognition = field(default_factory=Recognition)
    poll_answers: int = POLL_ANSWERS
    newcomer_reminder: timedelta | None = None
    working_hours: WorkingHours = field(default_factory=WorkingHours)
    care: Care = field(default_factory=Care)
    target_precision: float | None = None
    joined: frozenset[str] = frozenset()

    def reaching(self, audience: Audience) -> Audience:
        """What an audience sees once the workspaces that the map joins count as one."""
        if audience.workspaces is None or not audience.workspaces & self.joined:
            return audience
        return replace(audience, workspaces=audience.workspaces | self.joined)

    def named(self, name: str) -> Entry | None:
        """The entry for a channel's present name."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def policy(self, name: str) -> Policy:
        """What the bot may do in the channel of this name; OFF where the map does not name it."""
        entry = self.named(name)
        return entry.reply if entry else Policy.OFF

    def welcomes(self, name: str) -> bool:
        """Whether those who write for the first time in the channel of this name are welcomed."""
        entry = self.named(name)
        return entry is not None and entry.welcome is not Policy.OFF

    def of_kind(self, kind: Kind) -> list[Entry]:
        """The entries of one kind, in the order of the file."""
        return [entry for entry in self.entries if entry.kind is kind]

    @property
    def private_names(self) -> frozenset[str]:
        """The private channels that may be read because the map names them so."""
        return frozenset(entry.name for entry in self.entries if entry.visibility is Visibility.PRIVATE)
