"""`channel_map.yaml` as typed values: what each channel is about and how the bot may answer there.

The record needs it as much as the conversation does: which private channels may be read, which reactions mean 「解決」.
Every mistake is an error that names the file, the line and the key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import NoReturn, TypeVar

import yaml

from indexer.errors import BadChannelMapError, NoSuchFileError
from indexer.model import Audience, Visibility
from indexer.resolution import RESOLVING_EMOJI


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
LEAST_PRECISION = 0.5  # a bot that is oftener wrong than right is not what anybody means to ask for
_AGE = re.compile(r"(\d{1,4})\s*(年|か月|ヶ月|カ月|日|years?|months?|days?)")
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*[-~〜～]\s*(\d{1,2}):(\d{2})")
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})(?:\s*[-~〜～]\s*(\d{1,2})/(\d{1,2}))?")
_SPAN = re.compile(r"(\d{1,3})\s*(時間|日|hours?|days?)")
_COUNT = re.compile(r"\d{1,6}(\.\d+)?")
_DAYS = {"年": 365, "year": 365, "か月": 30, "ヶ月": 30, "カ月": 30, "month": 30, "日": 1, "day": 1}


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


SHIPPED_MAP = Path(__file__).parent.parent / "channel_map.yaml"


def load(path: Path) -> ChannelMap:
    """Read the map. Raises NoSuchFileError and BadChannelMapError.

    Where no `channel_map.yaml` stands in the working folder, the one that ships with the code is read.
    """
    if path == Path("channel_map.yaml") and not path.exists():
        path = SHIPPED_MAP
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NoSuchFileError(path=path) from error
    except UnicodeDecodeError as error:
        raise BadChannelMapError(file=path, line=1, key="-", why="not UTF-8") from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadChannelMapError(file=path, line=line, key="-", why=error.problem or "not YAML") from error
    except yaml.YAMLError as error:
        raise BadChannelMapError(file=path, line=1, key="-", why=str(error)) from error
    return _Reader(path).channel_map(root)


LEAP_YEAR = 2024  # so that 2/29 is a day


def _pairs(found: re.Match[str] | None) -> tuple[tuple[str, str], tuple[str, str]]:
    """Two pairs of numbers, the second being the first again where it was left out. Raises ValueError for none."""
    if found is None:
        raise ValueError
    first, second, third, fourth = found.groups()
    return (first, second), (third or first, fourth or second)


Choice = TypeVar("Choice", bound=StrEnum)


class _Reader:
    """Turns YAML nodes, which know their lines, into values."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def channel_map(self, root: yaml.Node | None) -> ChannelMap:
        known = ("version", "resolved_reactions", "confidence", "operators", "old_after", "recognition", "channels")
        ours = ("poll_answers", "newcomer_reminder", "working_time", "unanswered", "joined")
        fields = self._fields(root, "channel_map", (*known, *ours), needed=("version", "channels"))
        if self._text(fields["version"], "version") != "1":
            self._refuse(fields["version"], "version", "1 only")
        entries = tuple(self._entry(node) for node in self._items(fields["channels"], "channels"))
        self._refuse_twice(fields["channels"], entries)
        return ChannelMap(
            entries=entries,
            thresholds=self._thresholds(fields.get("confidence")),
            target_precision=self._target(fields.get("confidence")),
            resolved_reactions=frozenset(self._texts(fields, "resolved_reactions")) or RESOLVING_EMOJI,
            operators=frozenset(self._texts(fields, "operators")),
            old_after=self._age(fields["old_after"], "old_after") if "old_after" in fields else OLD_AFTER,
            recognition=self._recognition(fields.get("recognition"), entries),
            poll_answers=self._poll_answers(fields["poll_answers"]) if "poll_answers" in fields else POLL_ANSWERS,
            newcomer_reminder=self._reminder(fields.get("newcomer_reminder")),
            working_hours=self._working_hours(fields.get("working_time")),
            care=self._care(fields.get("unanswered")),
            joined=frozenset(self._texts(fields, "joined")),
        )

    def _entry(self, node: yaml.Node) -> Entry:
        known = ("name", "kind", "reply", "keywords", "ambassadors", "visibility", "prefecture", "digest", "welcome")
        fields = self._fields(node, "channels", known, needed=("name", "kind"))
        name = self._text(fields["name"], "name").lstrip("#")
        if not name:
            self._refuse(fields["name"], "name", "empty")
        kind = self._choice(fields["kind"], "kind", Kind)
        prefecture = self._text(fields["prefecture"], "prefecture") if "prefecture" in fields else ""
        return Entry(
            name=name,
            kind=kind,
            reply=self._choice(fields["reply"], "reply", Policy) if "reply" in fields else Policy.OFF,
            keywords=tuple(self._texts(fields, "keywords")),
            ambassadors=tuple(self._texts(fields, "ambassadors")),
            prefecture=prefecture or (name if kind is Kind.PREFECTURE else ""),
            visibility=(
                self._choice(fields["visibility"], "visibility", Visibility)
                if "visibility" in fields
                else Visibility.PUBLIC
            ),
            digest=self._edition(fields["digest"], kind) if "digest" in fields else Edition.OFF,
            welcome=self._welcome(fields.get("welcome"), kind),
        )

    def _welcome(self, node: yaml.Node | None, kind: Kind) -> Policy:
        introductions = kind is Kind.INTRODUCTIONS
        if node is None:
            return Policy.THREAD if introductions else Policy.OFF
        if not introductions:
            self._refuse(node, "welcome", f"introductions only, not {kind}")
        return self._choice(node, "welcome", Policy)

    def _edition(self, node: yaml.Node, kind: Kind) -> Edition:
        edition = self._choice(node, "digest", Edition)
        if edition is Edition.OWN and kind not in (Kind.TOPIC, Kind.PREFECTURE):
            self._refuse(node, "digest", f"own: topic | prefecture, not {kind}")
        return edition

    def _poll_answers(self, node: yaml.Node) -> int:
        value = self._text(node, "poll_answers")
        if not (value.isdecimal() and 2 <= int(value) <= 100):
            self._refuse(node, "poll_answers", f"{value}: 2..100")
        return int(value)

    def _reminder(self, node: yaml.Node | None) -> timedelta | None:
        # YAML reads a bare `off` as a word here, since only the text of the value is looked at.
        if node is None or self._text(node, "newcomer_reminder") == "off":
            return None
        return self._age(node, "newcomer_reminder")

    def _working_hours(self, node: yaml.Node | None) -> WorkingHours:
        usual = WorkingHours()
        if node is None:
            return usual
        fields = self._fields(node, "working_time", ("hours", "holidays", "closed"), needed=())
        opens, closes = self._hours(fields["hours"]) if "hours" in fields else (usual.opens, usual.closes)
        holidays = self._text(fields["holidays"], "working_time.holidays") if "holidays" in fields else "japan"
        if holidays not in {"japan", "none"}:
            self._refuse(fields["holidays"], "working_time.holidays", f"{holidays}: japan | none")
        days = self._items(fields["closed"], "working_time.closed") if "closed" in fields else None
        closed = usual.closed if days is None else tuple(self._days(day) for day in days)
        return WorkingHours(opens, closes, holidays == "japan", closed)

    def _hours(self, node: yaml.Node) -> tuple[time, time]:
        key, value = "working_time.hours", self._text(node, "working_time.hours")
        found = _HOURS.fullmatch(value)
        try:
            opens, closes = (time(int(hour), int(minute)) for hour, minute in _pairs(found))
        except ValueError:
            self._refuse(node, key, f"{value}: 8:30-17:15")
        if opens >= closes:
            self._refuse(node, key, f"{value}: ends before it begins")
        return opens, closes

    def _days(self, node: yaml.Node) -> tuple[Day, Day]:
        key, value = "working_time.closed", self._text(node, "working_time.closed")
        found = _DAY.fullmatch(value)
        try:
            first, last = (date(LEAP_YEAR, int(month), int(day)) for month, day in _pairs(found))
        except ValueError:
            self._refuse(node, key, f"{value}: 12/29-1/3 | 8/13")
        return (first.month, first.day), (last.month, last.day)

    def _care(self, node: yaml.Node | None) -> Care:
        usual = Care()
        if node is None:
            return usual
        steps = ("ambassadors", "wider", "digest")
        fields = self._fields(node, "unanswered", (*steps, "closed"), needed=())
        spans = {step: self._span(fields[step], f"unanswered.{step}") for step in steps if step in fields}
        closed = self._age(fields["closed"], "unanswered.closed") if "closed" in fields else usual.closed
        return replace(usual, closed=closed, **spans)

    def _span(self, node: yaml.Node, key: str) -> WorkingSpan:
        value = self._text(node, key)
        found = _SPAN.fullmatch(value)
        if found is None or not int(found[1]):
            self._refuse(node, key, f"{value}: 4時間 | 1日")
        count = int(found[1])
        return WorkingSpan(days=count) if found[2].startswith(("日", "day")) else WorkingSpan(hours=count)

    def _thresholds(self, node: yaml.Node | None) -> Thresholds:
        if node is None:
            return Thresholds()
        both = ("thread", "whisper")
        fields = self._fields(node, "confidence", (*both, "target_precision"))
        if "target_precision" in fields and not any(key in fields for key in both):
            return Thresholds()
        self._fields(node, "confidence", tuple(fields), needed=both)
        thread, whisper = (self._probability(fields[key], f"confidence.{key}") for key in ("thread", "whisper"))
        if whisper > thread:
            self._refuse(fields["whisper"], "confidence.whisper", f"{whisper} > thread {thread}")
        return Thresholds(thread, whisper)

    def _recognition(self, node: yaml.Node | None, entries: tuple[Entry, ...]) -> Recognition:
        if node is None:
            return Recognition()
        fields = self._fields(node, "recognition", ("channel", *Tier), needed=())
        channel = self._text(fields["channel"], "recognition.channel").lstrip("#") if "channel" in fields else ""
        if channel and channel not in {entry.name for entry in entries}:
            self._refuse(fields["channel"], "recognition.channel", f"{channel}: not among the channels")
        bars = {
            tier: self._bar(fields[tier], f"recognition.{tier}", usual) if tier in fields else usual
            for tier, usual in Recognition().bars.items()
        }
        return Recognition(channel, bars)

    def _bar(self, node: yaml.Node, key: str, usual: Bar) -> Bar:
        demands = asdict(usual)
        for name, value in self._fields(node, key, tuple(demands), needed=()).items():
            text = self._text(value, f"{key}.{name}")
            if not _COUNT.fullmatch(text) or not float(text) or ("." in text and name != "credit"):
                self._refuse(value, f"{key}.{name}", f"{text}: a number above 0")
            demands[name] = float(text) if name == "credit" else int(text)
        return Bar(**demands)

    def _target(self, node: yaml.Node | None) -> float | None:
        """The precision that thresholds are to keep; None where none is asked for."""
        fields = self._fields(node, "confidence", ("thread", "whisper", "target_precision")) if node else {}
        if "target_precision" not in fields:
            return None
        target = self._probability(fields["target_precision"], "confidence.target_precision")
        if not LEAST_PRECISION <= target < 1:
            why = f"{target}: {LEAST_PRECISION} <= … < 1"
            self._refuse(fields["target_precision"], "confidence.target_precision", why)
        return target

    def _age(self, node: yaml.Node, key: str) -> timedelta:
        value = self._text(node, key)
        found = _AGE.fullmatch(value)
        if found is None or not int(found[1]):
            self._refuse(node, key, f"{value}: 3年 | 18か月 | 500日")
        return timedelta(days=int(found[1]) * _DAYS[found[2].rstrip("s")])

    def _probability(self, node: yaml.Node, key: str) -> float:
        try:
            value = float(self._text(node, key))
        except ValueError:
            self._refuse(node, key, "0..1")
        if not 0 <= value <= 1:
            self._refuse(node, key, f"{value}: 0..1")
        return value

    def _fields(
        self, node: yaml.Node | None, key: str, known: Iterable[str], needed: Iterable[str] = ()
    ) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            self._refuse(node, key, "key: value …")
        fields: dict[str, yaml.Node] = {}
        for name_node, value in node.value:
            name = str(name_node.value)
            if name not in known:
                self._refuse(name_node, name, f"unknown; known: {', '.join(known)}")
            if name in fields:
                self._refuse(name_node, name, "given twice")
            fields[name] = value
        for name in needed:
            if name not in fields:
                self._refuse(node, name, "missing")
        return fields

    def _items(self, node: yaml.Node, key: str) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            self._refuse(node, key, "a list is needed")
        return list(node.value)

    def _texts(self, fields: dict[str, yaml.Node], key: str) -> list[str]:
        if key not in fields:
            return []
        return [self._text(node, key) for node in self._items(fields[key], key)]

    def _text(self, node: yaml.Node, key: str) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self._refuse(node, key, "a single value is needed")
        return str(node.value).strip()

    def _choice(self, node: yaml.Node, key: str, choices: type[Choice]) -> Choice:
        value = self._text(node, key)
        try:
            return choices(value)
        except ValueError:
            self._refuse(node, key, f"{value}: {' | '.join(choices)}")

    def _refuse_twice(self, node: yaml.Node, entries: tuple[Entry, ...]) -> None:
        seen: set[str] = set()
        for entry, item in zip(entries, self._items(node, "channels"), strict=True):
            if entry.name in seen:
                self._refuse(item, "name", f"{entry.name}: given twice")
            seen.add(entry.name)
            if entry.digest is Edition.COMMUNITY and any(
                other.digest is Edition.COMMUNITY for other in entries[: entries.index(entry)]
            ):
                self._refuse(item, "digest", "community: one channel only")

    def _refuse(self, node: yaml.Node | None, key: str, why: str) -> NoReturn:
        line = node.start_mark.line + 1 if node is not None else 1
        raise BadChannelMapError(file=self._path, line=line, key=key, why=why)
