"""`kyoso bench year`: a year of a community of 14,000, with the real rules, store, schedule and delivery.

Questions come, some are answered unasked, ambassadors are told and respond as `bot.year_town` states; now and then the
process dies in the middle of what it does and starts again. What is measured: how many questions have an answer within
a working day, with the bot's notices and without; how the notices spread; and that nothing was said twice, to nobody in
their quiet hours, and to nobody about a channel that they cannot see (`bot.year_tally`).
"""

from __future__ import annotations

import gc
import heapq
import itertools
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import fmean

from bot import memory
from bot.care import Care
from bot.choosing import Ambassador
from bot.community import Community
from bot.events import Pressed
from bot.late_letters import LETTER, welcome_at
from bot.replies.compose import Composer
from bot.replies.wording import wording
from bot.schedule import CatchUp, Schedule
from bot.sending import Sender
from bot.serving import AWAY, HOURS, MOST, QUIET, SINCE, TOPICS, UNTIL
from bot.store import UnitOfWork
from bot.store.notices import Notice
from bot.undertakings import Undertakings
from bot.working_time import calendar
from bot.year_mail import Clock, Mail, PowerCut
from bot.year_tally import ZONE, Played, YearMeasure, measured
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
from indexer.search import Search

FIRST, WEEKS = date(2026, 4, 6), 52
LOOKS = "0,30 8-17 * * *"
AWAKE = range(7, 20)  # hours
CRASHES_A_WEEK = 1.2
TICK = timedelta(minutes=30)


class NoSearch(Search):
    """The use cases of the year look nothing up: whoever did would find no index here."""

    def __init__(self) -> None:
        """Open nothing."""


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
        self.community = Community(self.unit, NoSearch(), self.town.channel_map, shipped(), composer, self.clock)
        self.ends = self.clock.at + timedelta(weeks=weeks)
        self.asked: dict[MessageRef, Asked] = {}
        self.answered: dict[MessageRef, datetime] = {}
        self.crashes = 0
        self.loads: list[float] = []  # of the machine, week by week
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
                    self._later(at, partial(self._ask, at))
                monday += timedelta(weeks=1)
                self.loads.append(os.getloadavg()[0])
            happened = self._happen()
            if number in cuts:
                self._cut(chance.random() < 1 / 2)
            # At night the schedule has nothing to do, and the outbox only what has happened just now.
            if happened or number in cuts or self.clock.at.astimezone(ZONE).hour in AWAKE:
                self._look()
            self.clock.at += TICK

    def played(self) -> Played:
        """What happened so far."""
        with self.unit.read() as work:
            told = work.notices.everything(WORKSPACE)
        return Played(self.town, self.ends, self.asked, self.answered, self.mail.arrived, told, self.crashes)

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
        self.sender = Sender(self.unit, self.clock, {WORKSPACE: self.mail}, partial(welcome_at, self.community))
        self.schedules = [Schedule(self.unit, self.clock, str(ZONE)) for _ in range(2)]
        for schedule in self.schedules:
            schedule.add("care", LOOKS, lambda _: self.care.tell(WORKSPACE), CatchUp())

    def _cut(self, sending: bool) -> None:
        """Let the process die in the middle of its next work: in a call to the platform, or anywhere else."""
        self.mail.dies = sending
        self.clock.fuse = 0 if sending else self.town.chance.randrange(3, 40)

    def _look(self) -> None:
        try:
            self._work()
        except PowerCut:
            self.crashes += 1
            self.clock.at += timedelta(minutes=3)
            self.clock.fuse = 0
            self._start()
            self._work()
        self.clock.fuse = 0
        letters = {key: member_id for member_id, _, key in self.mail.arrived[self._seen :] if key.startswith(LETTER)}
        self._seen = len(self.mail.arrived)
        with self.unit.read() as work:
            told = work.notices.under(letters)
        for key, member_id in letters.items():
            self._read(member_id, told[key])

    def _work(self) -> None:
        for schedule in self.schedules:
            schedule.work()
        self.care.follow(WORKSPACE)
        while self.sender.work():
            pass

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
            self._later(asked.answered_at, partial(self._answer, asked, asked.answerer))

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

    def _read(self, member_id: str, notices: Iterable[Notice]) -> None:
        """A member reads a letter, and does something about each question in it, or not."""
        chance = self.town.chance
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
                self._later(due, partial(self._answer, asked, member_id))
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
        often = gc.get_threshold()
        memory.settle()  # as a bot that serves does
        try:
            year.play()
        finally:
            gc.unfreeze()
            gc.set_threshold(*often)
        measure = measured(year.played())
        database.close()
    return replace(
        measure,
        seconds=time.perf_counter() - begun,
        work_seconds=time.process_time() - worked,
        load=fmean(year.loads),
    )
