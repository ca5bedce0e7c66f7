"""Ambassadors: who serves, for how long, and on which terms they want to be told of questions.

A term lasts a year; some weeks before it ends they are asked once whether they go on. What an ambassador offers is kept
under their preferences, which `bot.serving` reads.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta

from bot import quiet_hours
from bot.choosing import CAP, Term
from bot.community import Community
from bot.events import Pressed, whole_number
from bot.replies import Button, Menu, Reply
from bot.replies.compose import said_back
from bot.replies.wording.ambassadors import ambassadors_words
from bot.serving import AWAY, HOURS, LEFT, MOST, PREFECTURES, QUIET, SINCE, TOPICS, UNTIL, serving, sitting
from bot.similar import Place
from bot.store import WorkInProgress
from bot.store.outbox import Delivery, Outgoing
from indexer.channel_map import Kind
from indexer.model import Visibility

YEAR = timedelta(days=365)
MOST_OPTIONS = 100  # of a menu
REMIND = timedelta(days=30)  # before the end: time to ask at home, and a holiday of a week or two does not swallow it
LATE = timedelta(days=14)  # after the end, thanks that could not be said earlier come too late
MOST_CAP = 10

NONE = frozenset({"なし", "無し", "none", "off", "解除"})
_WORDS = re.compile(r"[\s、,，]+")
_HOURS = re.compile(r"(\d{1,2}):?(\d{2})?時?\s*[-~〜～–]\s*(\d{1,2}):?(\d{2})?時?")
_DATES = re.compile(r"(\d{1,2})/(\d{1,2})\s*[-~〜～–]\s*(\d{1,2})/(\d{1,2})")
_DAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}

_NEVER = (time(0), time(0))

Setting = Callable[[Place, str], Reply]


class Ambassadors:
    """`/kyoso ambassador` and its buttons, and the reminders of terms that end."""

    def __init__(self, community: Community) -> None:
        self._unit = community.unit
        self._map = community.channel_map
        self._places = community.municipalities
        self._clock = community.clock
        self._zone = community.composer.zone
        self._words = ambassadors_words(community.words.lang)
        self.settings: dict[str, Setting] = {
            **dict.fromkeys(("join", "参加", "登録"), self.join),
            **dict.fromkeys(("leave", "終了", "退任", "辞退"), self.leave),
            **dict.fromkeys(("topics", "topic", "話題", "分野"), self.topics),
            **dict.fromkeys(("prefectures", "prefecture", "地域", "県", "都道府県"), self.prefectures),
            **dict.fromkeys(("hours", "時間"), self.hours),
            **dict.fromkeys(("quiet", "休む曜日", "曜日"), self.quiet),
            **dict.fromkeys(("cap", "上限"), self.cap),
            **dict.fromkeys(("away", "休止", "休暇"), self.away),
            **dict.fromkeys(("help", "使い方", "ヘルプ"), lambda _place, _rest: Reply(self._words.usage)),
        }

    def sitting(self, work: WorkInProgress, workspace_id: str) -> frozenset[str]:
        """Who serves today."""
        return sitting(work, workspace_id, self._map, self._today())

    def command(self, place: Place, rest: str) -> Reply:
        """`/kyoso ambassador …`: a setting, or all of them."""
        word, *said = unicodedata.normalize("NFKC", rest).split(maxsplit=1) or [""]
        setting = self.settings.get(word.casefold())
        if setting is not None:
            return setting(place, said[0].strip() if said else "")
        return self.show(place) if not word else Reply(self._words.usage)

    def join(self, place: Place, _rest: str = "") -> Reply:
        """Serve for a year from today, or where the term ends before long for a year more."""
        today = self._today()
        with self._unit.begin() as work:
            member = work.corpus.member(place.workspace_id, place.member_id)
            if member is None or member.guest or member.bot or member.deleted:
                return Reply(self._words.guests)
            before = serving(work, place.workspace_id, self._map).get(place.member_id)
            ends = before.term.until if before else None
            if ends and ends > today + REMIND:
                return self.show(place)
            until = max(today, ends or today) + YEAR
            work.preferences.forget(place.workspace_id, place.member_id, LEFT)
            since = before.term.since if before and before.term.holds(today) else None
            work.preferences.set(place.workspace_id, place.member_id, SINCE, (since or today).isoformat())
            work.preferences.set(place.workspace_id, place.member_id, UNTIL, until.isoformat())
        told = self._words.renewed if ends and ends >= today else self._words.joined
        return replace(self.show(place), text=told.format(until=self._words.date.format(until)))

    def leave(self, place: Place, _rest: str = "") -> Reply:
        """Serve no longer."""
        with self._unit.begin() as work:
            if place.member_id not in serving(work, place.workspace_id, self._map):
                return Reply(self._words.not_one)
            work.preferences.set(place.workspace_id, place.member_id, LEFT, self._today().isoformat())
            for name in (SINCE, UNTIL):
                work.preferences.forget(place.workspace_id, place.member_id, name)
        return Reply(self._words.left)

    def show(self, place: Place) -> Reply:
        """All settings, with a menu of topics."""
        words = self._words
        with self._unit.read() as work:
            one = serving(work, place.workspace_id, self._map).get(place.member_id)
            choices = self._choices(work, place)
        if one is None:
            return Reply(words.not_one, buttons=(Button("ambassador_join", words.join_first),))
        hours = "-".join(f"{at:%H:%M}" for at in one.hours) if one.hours else words.usual_hours
        leave = "〜".join(words.date.format(day) for day in one.leave) if one.leave else words.none
        lines = (
            words.topics.format(value="、".join(sorted(one.topics)) or words.everything),
            words.prefectures.format(value="、".join(sorted(one.prefectures)) or words.everything),
            words.hours.format(value=hours),
            words.quiet.format(
                value=words.between_days.join(words.days[day] for day in sorted(one.quiet)) or words.none
            ),
            words.cap.format(value=one.cap),
            words.leave.format(value=leave),
            self._term(one.term),
        )
        options = tuple((name, name) for name in choices[:MOST_OPTIONS])
        menus = (Menu("ambassador_topic", words.choose_topic, options),) if options else ()
        again = () if one.term.holds(self._today()) else (Button("ambassador_join", words.join, style="primary"),)
        return Reply("\n".join((words.status, *(f"• {line}" for line in lines))), menus=menus, buttons=again)

    def _term(self, term: Term) -> str:
        """Until when somebody serves, or since when no more."""
        if term.until is None:
            return self._words.no_term
        told = self._words.over if term.until < self._today() else self._words.until
        return told.format(value=self._words.date.format(term.until))

    def toggle_topic(self, event: Pressed) -> Reply:
        """A topic chosen from the menu: in, or out again."""
        place = Place(event.workspace_id, event.channel_id, event.member_id)
        with self._unit.read() as work:
            one = serving(work, place.workspace_id, self._map).get(place.member_id)
        if one is None:
            return Reply(self._words.not_one)
        return replace(self._set_topics(place, one.topics ^ {event.chosen}), instead=True)

    def pressed_join(self, event: Pressed) -> Reply:
        """「もう1年続ける」, 「また参加する」; pressed again, they add nothing."""
        return replace(self.join(Place(event.workspace_id, event.channel_id, event.member_id)), instead=True)

    def topics(self, place: Place, rest: str) -> Reply:
        """The topics to be told of, by their channels' names."""
        return self._set_topics(place, frozenset() if rest in NONE else frozenset(_split(rest, "#")))

    def prefectures(self, place: Place, rest: str) -> Reply:
        """The prefectures to be told of."""
        names = [] if rest in NONE else _split(rest)
        found = {name: self._places.prefecture(name) for name in names}
        if unknown := [name for name, known in found.items() if known is None]:
            return Reply(self._words.unknown_prefectures.format(value=said_back("、".join(unknown))))
        told = "\n".join(sorted(known.prefecture for known in found.values() if known is not None))
        return self._set(place, PREFECTURES, told or "*") if names or rest in NONE else self.show(place)

    def hours(self, place: Place, rest: str) -> Reply:
        """The hours within working time at which to be told."""
        if rest in NONE:
            return self._set(place, HOURS, "")
        found = _HOURS.fullmatch(rest)
        try:
            opens, closes = (
                (time(int(found[one]), int(found[one + 1] or 0)) for one in (1, 3)) if found else (None, None)
            )
        except ValueError:
            opens = closes = None
        if opens is None or closes is None or opens >= closes:
            return Reply(self._words.bad_hours)
        return self._set(place, HOURS, f"{opens:%H:%M}-{closes:%H:%M}")

    def quiet(self, place: Place, rest: str) -> Reply:
        """The days of the week without notices."""
        if rest in NONE:
            return self._set(place, QUIET, "")
        names = [name.removesuffix("曜日").removesuffix("曜") for name in _split(rest.replace("・", " "))]
        letters = [letter for name in names for letter in ([name] if name[:3] in _DAYS else name)]
        known = _DAYS | {letter: number for number, letter in enumerate("月火水木金土日")}
        days = {known.get(letter[:3], -1) for letter in letters}
        if not days or -1 in days:
            return Reply(self._words.bad_quiet)
        return self._set(place, QUIET, "".join(str(day) for day in sorted(days)))

    def cap(self, place: Place, rest: str) -> Reply:
        """How many questions a day at most."""
        number = whole_number(rest.removesuffix("件")) or 0
        if not 1 <= number <= MOST_CAP:
            return Reply(self._words.bad_cap)
        return self._set(place, MOST, "" if number == CAP else str(number))

    def away(self, place: Place, rest: str) -> Reply:
        """A leave: the next time that these days come."""
        if rest in NONE:
            return self._set(place, AWAY, "")
        found, today = _DATES.fullmatch(rest), self._today()
        if found is None:
            return Reply(self._words.bad_leave)
        try:
            first, last = (date(today.year, int(found[one]), int(found[one + 1])) for one in (1, 3))
            if last < first:
                last = last.replace(year=last.year + 1)
            if last < today:
                first, last = first.replace(year=first.year + 1), last.replace(year=last.year + 1)
        except ValueError:
            return Reply(self._words.bad_leave)
        return self._set(place, AWAY, f"{first.isoformat()}/{last.isoformat()}")

    def remind(self, workspace_id: str) -> None:
        """Ask those whose term ends soon whether they go on, and thank those whose term has ended; each once."""
        words, today, now = self._words, self._today(), self._clock.now()
        with self._unit.begin() as work:
            for one in serving(work, workspace_id, self._map).values():
                until = one.term.until
                member = work.corpus.member(workspace_id, one.member_id)
                if until is None or member is None or member.deleted or not today - LATE <= until <= today + REMIND:
                    continue
                over = until < today
                said = (words.ended if over else words.ends_soon).format(until=words.date.format(until))
                button = Button("ambassador_join", words.join if over else words.renew, style="primary")
                key = f"term:{'over' if over else 'ends'}:{workspace_id}:{one.member_id}:{until.isoformat()}"
                reply = Reply(said, buttons=(button,))
                due = quiet_hours.due(work, workspace_id, one.member_id, now, self._zone)
                work.outbox.put(Outgoing(key, workspace_id, Delivery.DIRECT, reply, member_id=one.member_id), due)

    def _set_topics(self, place: Place, topics: frozenset[str]) -> Reply:
        with self._unit.read() as work:
            known = self._choices(work, place)
        if unknown := sorted(topics.difference(known)):
            return Reply(self._words.unknown_topics.format(value=said_back("、".join(unknown))))
        return self._set(place, TOPICS, "\n".join(sorted(topics)) or "*")

    def _choices(self, work: WorkInProgress, place: Place) -> list[str]:
        """The topics that a member may choose; of a private channel only its members learn that it is there."""
        audience = work.corpus.audience_of(place.workspace_id, place.member_id)
        open_ = {room.name for room in work.corpus.channels(place.workspace_id) if audience.may_open(room)}
        topics = self._map.of_kind(Kind.TOPIC)
        return [entry.name for entry in topics if entry.visibility is Visibility.PUBLIC or entry.name in open_]

    def _set(self, place: Place, name: str, value: str) -> Reply:
        with self._unit.begin() as work:
            if place.member_id not in serving(work, place.workspace_id, self._map):
                return Reply(self._words.not_one)
            if value:
                work.preferences.set(place.workspace_id, place.member_id, name, value)
            else:
                work.preferences.forget(place.workspace_id, place.member_id, name)
        shown = self.show(place)
        return replace(shown, text=f"{self._words.saved}\n{shown.text}")

    def _today(self) -> date:
        return self._clock.now().astimezone(self._zone).date()


def _split(text: str, strip: str = "") -> list[str]:
    return [word.lstrip(strip) for word in _WORDS.split(text) if word.lstrip(strip)]
