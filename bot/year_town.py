"""The made-up community of the simulated year: its members, its ambassadors, what they ask, who answers unasked.

The model, stated so that its figures can be judged: 1,500 municipalities, drawn from the real table, share 14,000
members by size. 300 questions come a week, 85 % of them in working hours, in topic channels (65 %), the general one
(23 %), a prefecture's (10 %) and a private one of 200 members (2 %). SPONTANEOUS of the questions draw an answer by
themselves, after a lognormal working time (median MEDIAN hours, sigma SPREAD), by somebody of the topic's hundred
regulars in half of the cases. Of those told of a question, WILLING answer where it is their topic and LESS_WILLING
elsewhere, after an exponential working time of REPLY_HOURS on average; a tenth each say 後で and 自分の分野ではない, a
twentieth name somebody; the others do nothing. Half of the answers are accepted. None of these shares is known of any
real community: they are guesses, to be replaced by what `kyoso evaluate history` measures there.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from bot.choosing import Ambassador, Term
from bot.working_time import WorkingTime
from indexer.channel_map import ChannelMap, Entry, Kind, Policy
from indexer.model import Channel, Member, Message, MessageRef, Visibility
from indexer.municipalities import Municipalities, Municipality

WORKSPACE = "console:year"
MUNICIPALITIES, MEMBERS, AMBASSADORS, QUESTIONS_A_WEEK = 1_500, 14_000, 40, 300
REGULARS = 100  # members who answer in a topic
INSIDERS = 200  # members of the private channel
SPONTANEOUS, MEDIAN, SPREAD = 0.65, 6.0, 1.2
WILLING, LESS_WILLING, REPLY_HOURS = 0.35, 0.15, 2.0
LATER, NOT_MINE, NAMES_ANOTHER = 0.1, 0.1, 0.05
ACCEPTED = 0.5
IN_HOURS, TOPICAL, GENERAL, REGIONAL = 0.85, 0.65, 0.23, 0.10
INSIDE = "有志の勉強会"

_ASKED = (
    "{word}について困っています。{place}くらいの規模では、{part}をどのように進めればよいでしょうか。",
    "{word}の{part}で悩んでいます。よい方法があれば教えてください。当方は{place}です。",
    "{place}で{word}を担当しています。{part}の進め方を教えていただけないでしょうか。",
)
_PARTS = (
    "予算要求",
    "仕様書",
    "庁内の調整",
    "住民への周知",
    "業者の選び方",
    "運用の体制",
    "効果の測り方",
    "職員の研修",
)
ANSWER = "本市では昨年度から取り組んでいて、担当課と週に一度話し合いながら進めています。資料もお渡しできます。"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the answer that it would draw by itself: when and whose, if any."""

    message: Message
    topic: str
    answered_at: datetime | None
    answerer: str


class Town:
    """The community, made from a seed."""

    def __init__(self, seed: int, places: Municipalities, channel_map: ChannelMap, working: WorkingTime) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a simulation
        private = Entry(INSIDE, Kind.TOPIC, Policy.WHISPER, visibility=Visibility.PRIVATE)
        self.channel_map = replace(channel_map, entries=(*channel_map.entries, private))
        self.working = working
        towns = [place for place in places if not place.is_prefecture]
        self._towns = self.chance.sample(towns, MUNICIPALITIES)
        self.members = self._people()
        self.places = {place.code: place for place in places}
        self.channels = {entry.name: self._channel(number, entry) for number, entry in enumerate(self._asked_in())}
        self._topics = [entry for entry in self.channel_map.of_kind(Kind.TOPIC) if entry.keywords]
        ids = [member.id for member in self.members]
        self.regulars = {entry.name: self.chance.sample(ids, REGULARS) for entry in self._topics}
        self.ambassadors = self._serving()

    def question(self, number: int, at: datetime) -> Asked:
        """One question, asked at a moment."""
        chance = self.chance
        asker, topic = chance.choice(self.members), chance.choice(self._topics)
        place = self.places[asker.municipality or ""]
        channel = self._where(topic, place, asker)
        text = chance.choice(_ASKED).format(
            word=chance.choice(topic.keywords), part=chance.choice(_PARTS), place=f"人口{place.population:,}人の町"
        )
        ref = MessageRef(WORKSPACE, channel.id, f"q{number}")
        hours = chance.lognormvariate(0, SPREAD) * MEDIAN
        drawn = chance.random() < SPONTANEOUS
        answered_at = self.working.after(at, timedelta(hours=hours)) if drawn else None
        regular = chance.random() < 1 / 2 and channel.visibility is Visibility.PUBLIC
        crowd = self.regulars[topic.name] if regular else sorted(channel.members) or [chance.choice(self.members).id]
        answerer = chance.choice(crowd)
        return Asked(Message(ref, ref, asker.id, text, at), topic.name, answered_at, answerer)

    def times(self, monday: date) -> list[datetime]:
        """When the questions of one week come."""
        found: list[datetime] = []
        while len(found) < QUESTIONS_A_WEEK:
            day = datetime.combine(monday + timedelta(days=self.chance.randrange(7)), time(0), self.working.zone)
            at = day + timedelta(minutes=self.chance.randrange(24 * 60))
            if self.chance.random() < (IN_HOURS if self.working.is_open(at) else _rare()):
                found.append(at)
        return sorted(found)

    def accepted(self) -> bool:
        """Whether the asker marks an answer."""
        return self.chance.random() < ACCEPTED

    def _people(self) -> list[Member]:
        weights = [max(1_000, place.population) ** 0.5 for place in self._towns]  # larger offices, but not by as much
        places = self._towns + self.chance.choices(self._towns, weights, k=MEMBERS - len(self._towns))
        return [
            Member(WORKSPACE, f"U{number:05}", f"{place.name} {number}", municipality=place.code)
            for number, place in enumerate(places)
        ]

    def _asked_in(self) -> list[Entry]:
        kinds = (Kind.GENERAL, Kind.TOPIC, Kind.PREFECTURE)
        return [entry for entry in self.channel_map.entries if entry.kind in kinds and entry.reply is not Policy.OFF]

    def _channel(self, number: int, entry: Entry) -> Channel:
        private = entry.visibility is Visibility.PRIVATE
        inside = self.chance.sample([member.id for member in self.members], INSIDERS) if private else ()
        return Channel(WORKSPACE, f"C{number:03}", entry.name, entry.visibility, members=frozenset(inside))

    def _where(self, topic: Entry, place: Municipality, asker: Member) -> Channel:
        draw = self.chance.random()
        if draw < TOPICAL:
            return self.channels[topic.name]
        if draw < TOPICAL + GENERAL:
            return next(room for room in self.channels.values() if self._kind(room) is Kind.GENERAL)
        if draw < TOPICAL + GENERAL + REGIONAL and place.prefecture in self.channels:
            return self.channels[place.prefecture]
        inside = self.channels[INSIDE]
        return inside if asker.id in inside.members else self.channels[topic.name]

    def _kind(self, room: Channel) -> Kind | None:
        entry = self.channel_map.named(room.name)
        return entry.kind if entry else None

    def _serving(self) -> list[Ambassador]:
        """Ambassadors with two or three topics; some with hours, quiet days, a lower cap, a leave, a term that ends."""
        chance, found = self.chance, []
        insiders = sorted(self.channels[INSIDE].members)
        ids = [*chance.sample(insiders, 3), *(member.id for member in chance.sample(self.members, AMBASSADORS - 3))]
        for number, member_id in enumerate(dict.fromkeys(ids)):
            first = date(2026, 4, 1) + timedelta(days=chance.randrange(330))
            places = [(3 * number + step) % len(self._topics) for step in range(chance.choice((2, 3)))]
            found.append(
                Ambassador(
                    member_id,
                    Term(date(2026, 3, 1), date(2026, 11, 30) if number % 8 == 0 else date(2027, 6, 30)),
                    topics=frozenset(self._topics[place].name for place in places),
                    hours=(time(9), time(12)) if number % 5 == 0 else None,
                    quiet=frozenset({number % 5}) if number % 4 == 0 else frozenset(),
                    cap=2 if number % 3 == 0 else 3,
                    leave=(first, first + timedelta(days=14)),
                )
            )
        return found


def _rare() -> float:
    """How likely a moment outside working hours is kept, so that IN_HOURS of all questions come within them.

    Of a week's 168 hours some 42 are working hours on average, closures and holidays taken out.
    """
    return (1 - IN_HOURS) * 42 / 126
