"""`kyoso bench year`: a year of a community of 14,000, with the real rules, store, schedule and delivery.

Questions come, some are answered unasked, ambassadors are told and respond as `bot.year_town` states; now and then the
process dies in the middle of what it does and starts again. What is measured: how many questions have an answer within
a working day, with the bot's notices and without; how the notices spread; and that nothing was said twice, to nobody in
their quiet hours, and to nobody about a channel that they cannot see. The latter are checked where messages arrive,
against the made-up town itself, not against what the bot kept.
"""

from __future__ import annotations

import heapq
import itertools
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.ambassadors import AWAY, HOURS, MOST, QUIET, SINCE, TOPICS, UNTIL
from bot.care import Care
from bot.choosing import Ambassador
from bot.community import Community
from bot.delivery import Sender
from bot.events import Pressed
from bot.replies import Reply
from bot.replies.compose import Composer
from bot.replies.wording import wording
from bot.schedule import CatchUp, Schedule
from bot.store import UnitOfWork
from bot.undertakings import Undertakings
from bot.working_time import calendar
from bot.year_town import (
    ANSWER,
    LATER,
    LESS_WILLING,
    NAMES_ANOTHER,
    NOT_MINE,
    REPLY_HOURS,
    WILLING,
    WORKSPACE,
    Asked,
    Town,
)
from indexer.channel_map_file import SHIPPED_MAP, load
from indexer.corpus import Database
from indexer.model import Message, MessageRef, Workspace
from indexer.municipalities import shipped
from indexer.resolution import ResolutionRules

FIRST, WEEKS = date(2026, 4, 6), 52
ZONE = ZoneInfo("Asia/Tokyo")
LOOKS = "0,30 8-17 * * *"
AWAKE = range(7, 20)  # hours
CRASHES_A_WEEK = 1.2
TICK = timedelta(minutes=30)


class PowerCut(BaseException):
    """The process dies here."""


@dataclass(frozen=True, slots=True)
class YearMeasure:
    """What a year came to. Shares are of all questions that could have been answered within a working day."""

    questions: int
    letters: int
    crashes: int
    answered_without: float
    answered_with: float
    never_without: float
    never_with: float
    gini: float
    most_a_day: int
    over_cap: int
    doubles: int
    in_quiet_hours: int
    unseen: int
    seconds: float = 0.0
    work_seconds: float = 0.0  # of the processor, this process's alone


@dataclass
class Clock:
    """The year's clock; with `fuse` it is the process's last look at it when that has burnt down."""

    at: datetime
    fuse: int = 0

    def now(self) -> datetime:
        """The present moment; a process dies when its fuse has burnt down."""
        if self.fuse:
            self.fuse -= 1
            if not self.fuse:
                raise PowerCut
        return self.at


@dataclass
class Mail:
    """The chat platform: takes direct messages and lines in threads, and may die before it says so."""

    clock: Clock
    workspace: Workspace
    dies: bool = False
    shows_outbox: bool = False
    standing: dict[str, tuple[str, str, Reply]] = field(default_factory=dict)
    arrived: list[tuple[str, datetime, str]] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def direct(self, member_id: str, reply: Reply, key: str) -> str:
        """A letter arrives."""
        self.arrived.append((member_id, self.clock.at, key))
        return self._keep(member_id, reply, key)

    def post(self, channel_id: str, _thread_id: str | None, reply: Reply, key: str) -> str:
        """A line in a thread arrives."""
        self.arrived.append((channel_id, self.clock.at, key))
        return self._keep(channel_id, reply, key)

    def update(self, _channel_id: str, message_id: str, reply: Reply) -> None:
        """A message reads anew."""
        place, key, _ = self.standing[message_id]
        self.standing[message_id] = (place, key, reply)

    def remove(self, _channel_id: str, message_id: str) -> None:
        """A message is taken back."""
        self.standing.pop(message_id, None)

    def find(self, channel_id: str, _thread_id: str | None, key: str) -> str | None:
        """The message of this key, if it arrived."""
        found = (number for number, (place, kept, _) in self.standing.items() if (place, kept) == (channel_id, key))
        return next(found, None)

    def _keep(self, place: str, reply: Reply, key: str) -> str:
        number = str(next(self.numbers))
        self.standing[number] = (place, key, reply)
        if self.dies:
            self.dies = False
            raise PowerCut
        return number


class Year:
    """Plays the year."""

    def __init__(self, database: Database, seed: int = 1, weeks: int = WEEKS) -> None:
        channel_map, zone = load(SHIPPED_MAP), ZONE
        self.working = calendar(channel_map.working_hours, zone)
        self.town = Town(seed, shipped(), channel_map, self.working)
        self.clock = Clock(datetime(FIRST.year, FIRST.month, FIRST.day, 8, tzinfo=zone).astimezone(UTC))
        self.unit = UnitOfWork(database, ResolutionRules())
        self.mail = Mail(self.clock, Workspace(WORKSPACE, "模擬", "https://year.example"))
        composer = Composer(wording("ja"), zone, shipped())
        # The use cases of the year look nothing up: no search is needed.
        self.community = Community(self.unit, None, self.town.channel_map, shipped(), composer, self.clock)  # type: ignore[arg-type]
        self.ends = self.clock.at + timedelta(weeks=weeks)
        self.asked: dict[MessageRef, Asked] = {}
        self.answered: dict[MessageRef, datetime] = {}
        self.crashes = 0
        self._cuts = round(CRASHES_A_WEEK * weeks)
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._seen = 0
        self._settle()
        self._start()

    def play(self) -> None:
        """The whole year, look by look."""
        monday = FIRST
        chance = self.town.chance
        cuts = {chance.randrange(int((self.ends - self.clock.at) / TICK)) for _ in range(self._cuts)}
        for number in itertools.count():
            if self.clock.at >= self.ends:
                return
            if self.clock.at.astimezone(ZONE).date() >= monday:
                for at in self.town.times(monday):
                    self._later(at, lambda at=at: self._ask(at))  # type: ignore[misc]
                monday += timedelta(weeks=1)
            happened = self._happen()
            if number in cuts:
                self._cut(chance.random() < 1 / 2)
            # At night the schedule has nothing to do, and the outbox only what has happened just now.
            if happened or number in cuts or self.clock.at.astimezone(ZONE).hour in AWAKE:
                self._look()
            self.clock.at += TICK

    def _settle(self) -> None:
        with self.unit.begin() as work:
            work.corpus.record_workspace(self.mail.workspace)
            work.corpus.record_channels(self.town.channels.values(), self.clock.at)
            work.corpus.record_members(self.town.members, self.clock.at)
            for one in self.town.ambassadors:
                for name, value in _settings(one).items():
                    work.preferences.set(WORKSPACE, one.member_id, name, value)

    def _start(self) -> None:
        """A new process on the same database, and a second one beside it."""
        self.care = Care(self.community)
        self.acts = Undertakings(self.community, self.care)
        self.sender = Sender(self.unit, self.clock, {WORKSPACE: self.mail})  # type: ignore[dict-item]
        self.schedules = [Schedule(self.unit, self.clock, str(ZONE)) for _ in range(2)]
        for schedule in self.schedules:
            schedule.add("care", LOOKS, lambda _: self.care.tell(WORKSPACE), CatchUp())

    def _cut(self, sending: bool) -> None:
        """Let the process die in the middle of its next work: in a call to the platform, or anywhere else."""
        self.mail.dies = sending
        self.clock.fuse = 0 if sending else self.town.chance.randrange(3, 40)

    def _look(self) -> None:
        try:
            for schedule in self.schedules:
                schedule.work()
            while self.sender.work():
                pass
        except PowerCut:
            self.crashes += 1
            self.clock.at += timedelta(minutes=3)
            self._start()
        self.clock.fuse = 0
        for letter in self.mail.arrived[self._seen :]:
            self._read(*letter)
        self._seen = len(self.mail.arrived)

    def _happen(self) -> bool:
        """What members do by now; whether they did anything."""
        happened = False
        while self._events and self._events[0][0] <= self.clock.at:
            heapq.heappop(self._events)[2]()
            happened = True
        return happened

    def _later(self, at: datetime, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (at, next(self._numbers), act))

    # What members do

    def _ask(self, at: datetime) -> None:
        asked = self.town.question(next(self._numbers), at)
        self.asked[asked.message.ref] = asked
        with self.unit.begin() as work:
            work.corpus.record([asked.message], at)
        if asked.answered_at is not None:
            self._later(asked.answered_at, lambda: self._answer(asked, asked.answerer))

    def _answer(self, asked: Asked, member_id: str) -> None:
        root = asked.message.ref
        ref = MessageRef(WORKSPACE, root.channel_id, f"a{next(self._numbers)}")
        reply = Message(ref, root, member_id, ANSWER, self.clock.at)
        with self.unit.begin() as work:
            work.corpus.record([reply], self.clock.at)
            if root not in self.answered and self.town.accepted():
                work.corpus.react(ref, "white_check_mark", asked.message.author_id)
        self.answered.setdefault(root, self.clock.at)
        self.care.heard(reply)

    def _read(self, member_id: str, _at: datetime, key: str) -> None:
        """A member reads a letter, and does something about each question in it, or not."""
        if not key.startswith("told:"):
            return
        chance = self.town.chance
        with self.unit.read() as work:
            notices = work.notices.under([key])[key]
        for notice in notices:
            asked = self.asked[notice.question]
            mine = notice.topic == asked.topic and any(
                one.member_id == member_id and notice.topic in one.topics for one in self.town.ambassadors
            )
            draw = chance.random() - (WILLING if mine else LESS_WILLING)
            value = str(notice.id)
            if draw < 0:
                self._press(member_id, "take", value)
                due = self.working.after(self.clock.at, timedelta(hours=chance.expovariate(1 / REPLY_HOURS)))
                self._later(due, lambda asked=asked: self._answer(asked, member_id))  # type: ignore[misc]
            elif draw < LATER:
                self._press(member_id, "later", value)
            elif draw < LATER + NOT_MINE:
                self._press(member_id, "not_mine", value)
            elif draw < LATER + NOT_MINE + NAMES_ANOTHER:
                self._press(member_id, "hand", value, chance.choice(self.town.regulars[asked.topic]))

    def _press(self, member_id: str, action: str, value: str, chosen: str = "") -> None:
        event = Pressed(WORKSPACE, "", member_id, action, value, "handle", chosen=chosen)
        {"take": self.acts.take, "later": self.acts.later, "not_mine": self.acts.not_mine, "hand": self.acts.hand}[
            action
        ](event)


def _settings(one: Ambassador) -> dict[str, str]:
    """An ambassador's settings as their preferences hold them."""
    assert one.term.since is not None
    assert one.term.until is not None
    assert one.leave is not None
    told = {
        SINCE: one.term.since.isoformat(),
        UNTIL: one.term.until.isoformat(),
        TOPICS: "\n".join(sorted(one.topics)),
        MOST: str(one.cap),
        AWAY: "/".join(day.isoformat() for day in one.leave),
        QUIET: "".join(str(day) for day in sorted(one.quiet)),
        HOURS: "-".join(f"{at:%H:%M}" for at in one.hours) if one.hours else "",
    }
    return {name: value for name, value in told.items() if value}


def bench_year(seed: int = 1, weeks: int = WEEKS) -> YearMeasure:
    """Play a year in a temporary folder and measure it."""
    begun, worked = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory(prefix="kyoso-year-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'year.sqlite3'}")
        database.migrate()
        year = Year(database, seed, weeks)
        year.play()
        measure = measured(year)
        database.close()
    return replace(measure, seconds=time.perf_counter() - begun, work_seconds=time.process_time() - worked)


def measured(year: Year) -> YearMeasure:
    """The year's figures."""
    working, town = year.working, year.town
    due = {ref: working.after(one.message.posted_at, working.day) for ref, one in year.asked.items()}
    counted = [ref for ref, at in due.items() if at < year.ends]
    alone = {ref: one.answered_at for ref, one in year.asked.items()}
    with year.unit.read() as work:
        told = work.notices.everything(WORKSPACE)
    serve = {one.member_id: one for one in town.ambassadors}
    letters = [(member_id, at, key) for member_id, at, key in year.mail.arrived if key.startswith("told:")]
    a_day = Counter((notice.member_id, notice.told_at.astimezone(ZONE).date()) for notice in told if notice.told_at)
    mine = Counter(notice.member_id for notice in told if notice.told_at)
    rooms = {room.id: room for room in town.channels.values()}
    keys = Counter(key for _, _, key in year.mail.arrived)

    def share(answers: dict[MessageRef, datetime | None], late: bool = False) -> float:
        good = sum((answers.get(ref) is None) if late else _by(answers.get(ref), due[ref]) for ref in counted)
        return good / len(counted)

    return YearMeasure(
        questions=len(year.asked),
        letters=len(letters),
        crashes=year.crashes,
        answered_without=share(alone),
        answered_with=share(dict(year.answered)),
        never_without=share(alone, late=True),
        never_with=share(dict(year.answered), late=True),
        gini=gini([mine[member_id] for member_id in serve]),
        most_a_day=max((count for (member_id, _), count in a_day.items() if member_id in serve), default=0),
        over_cap=sum(count > (serve[one].cap if one in serve else 3) for (one, _), count in a_day.items()),
        doubles=sum(count - 1 for count in keys.values()),
        in_quiet_hours=sum(not _welcome(serve.get(member_id), at) for member_id, at, _ in letters),
        unseen=sum(
            bool(room.members) and notice.member_id not in room.members
            for notice in told
            if notice.told_at and (room := rooms[notice.question.channel_id])
        ),
    )


def gini(counts: list[int]) -> float:
    """How unevenly notices are spread: 0 all alike, 1 all on one. Σ (2i − n − 1) xᵢ / (n Σ x), x ascending."""
    whole, size = sum(counts), len(counts)
    if not whole:
        return 0.0
    return sum((2 * place - size - 1) * count for place, count in enumerate(sorted(counts), start=1)) / (size * whole)


def _by(at: datetime | None, due: datetime) -> bool:
    return at is not None and at <= due


def _welcome(one: Ambassador | None, at: datetime) -> bool:
    """Whether a letter may arrive at a moment: by the town's own calendar, written down once more."""
    here = at.astimezone(ZONE)
    if here.weekday() >= 5 or not (8, 30) <= (here.hour, here.minute) < (17, 15):
        return False
    if here.date().isoformat() in HOLIDAYS:
        return False
    if one is None:
        return True
    assert one.leave is not None
    away = one.leave[0] <= here.date() <= one.leave[1]
    out = one.hours is not None and not one.hours[0] <= here.time() < one.hours[1]
    return not (away or out or here.weekday() in one.quiet or not one.term.holds(here.date()))


# Public holidays and the closure from 6 April 2026 to 5 April 2027, by the Cabinet Office's calendar.
HOLIDAYS = frozenset(
    {
        *("2026-04-29", "2026-05-04", "2026-05-05", "2026-05-06", "2026-07-20", "2026-08-11", "2026-09-21"),
        *("2026-09-22", "2026-09-23", "2026-10-12", "2026-11-03", "2026-11-23", "2026-12-29", "2026-12-30"),
        *("2026-12-31", "2027-01-01", "2027-01-11", "2027-02-11", "2027-02-23", "2027-03-22"),
    }
)
