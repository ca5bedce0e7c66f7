"""`/kyoso ambassador report` (活動証明): one page on what a member did for other municipalities in a fiscal year.

For the member alone, to show at home, where such help is often not seen. It has figures, months, topics and the
municipalities helped, and nobody else's words: posts are not to be carried outside. A question counts as answered with
the member's first reply of substance; questions of one's own municipality and small talk do not count.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from bot.community import Community
from bot.credit import Deed, Help, Judge
from bot.documents.document import Block, Document, Facts, Figures, Paragraph, Section, Table
from bot.documents.markdown import to_markdown
from bot.documents.pdf import page_count, to_pdf
from bot.fiscal_year import FiscalYear, day_name
from bot.help_on_record import HelpOnRecord
from bot.recognition import tier_of
from bot.replies import Attachment, Reply
from bot.replies.compose import said_back
from bot.replies.wording.activity_report import ActivityReportWords, activity_report_words
from bot.similar import Place
from bot.store import WorkInProgress
from bot.store.outbox import Delivery, Outgoing
from indexer.channel_map import Tier
from indexer.model import Message, Thread
from indexer.municipalities import Municipalities
from indexer.resolution import SUBSTANTIVE_LENGTH

MOST_TOPICS = 6  # on the page; the rest are counted together
MOST_LINES = 8  # prefectures with a line each; more stand in running text
MONTHS = (4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3)


@dataclass(frozen=True, slots=True)
class Answered:
    """A question that a member answered. `place`: its asker's municipality; `help`: what the answer was worth."""

    at: datetime
    place: str | None
    topic: str
    thanks: int
    help: Help | None

    @property
    def accepted(self) -> bool:
        """Whether the answer solved it."""
        return self.help is not None and self.help.deed is Deed.ACCEPTED


@dataclass(frozen=True, slots=True)
class Activity:
    """What a member did in a fiscal year, in order of time."""

    year: FiscalYear
    answered: tuple[Answered, ...]
    tier: Tier | None = None

    @property
    def places(self) -> frozenset[str]:
        """The codes of the municipalities answered."""
        return frozenset(one.place for one in self.answered if one.place is not None)


def answered(threads: Iterable[Thread], member_id: str, judge: Judge) -> list[Answered]:
    """All questions that a member answered, in order of time."""
    found = []
    for thread in threads:
        topic = judge.topic_of(thread)
        first = _first_answer(thread, member_id)
        if not topic or first is None or not thread.root.by_person or judge.partial(member_id, thread.root.author_id):
            continue
        done = next((one for one in judge.helps(thread) if one.helper_id == member_id), None)
        place = judge.places.get(thread.root.author_id)
        found.append(Answered(first.posted_at, place, topic, judge.thanks(thread, member_id), done))
    return sorted(found, key=lambda one: (one.at, one.topic))


def _first_answer(thread: Thread, member_id: str) -> Message | None:
    mine = (reply for reply in thread.replies if reply.author_id == member_id and reply.by_person)
    return next((reply for reply in mine if len(reply.text) >= SUBSTANTIVE_LENGTH), None)


class ActivityReports:
    """Makes the report and sends it."""

    def __init__(self, community: Community) -> None:
        self._community = community
        self._words = activity_report_words(community.words.lang)

    def report(self, place: Place, given: str) -> Reply:
        """Make a member's own report for a year (by default this one), send it by direct message, and say so."""
        words, lang, zone = self._words, self._community.words.lang, self._community.composer.zone
        now = self._community.clock.now()
        present, year = FiscalYear.of(now, zone), FiscalYear.parse(given, now, zone)
        if year is None:
            return Reply(words.usage.format(given=said_back(" ".join(given.split()))))
        if year > present:
            return Reply(words.to_come.format(year=year.name(lang)))
        with self._community.unit.read() as work:
            activity = self._activity(work, place, year)
            if not activity.answered:
                return Reply((words.nothing if year == present else words.nothing_then).format(year=year.name(lang)))
            today = now.astimezone(zone).date()
            page, person = Page(words, lang, self._community.municipalities, today, zone), self._person(work, place)
            document = page.document(activity, person)
            whole = page.whole(activity, person)
            position = work.corpus.position()
        name = words.file.format(year=year.name(lang), day=today)
        attachments = (
            Attachment(f"{name}.pdf", to_pdf(document)),
            Attachment(f"{name}.md", to_markdown(whole).encode()),
        )
        key = f"activity:{place.workspace_id}:{place.member_id}:{year.year}:{today.isoformat()}:{position}"
        message = Reply(words.message.format(year=year.name(lang)), attachments=attachments)
        direct = Outgoing(key, place.workspace_id, Delivery.DIRECT, message, member_id=place.member_id)
        with self._community.unit.begin() as work:
            new = work.outbox.put(direct, now)
        return Reply((words.sent if new else words.sent_before).format(year=year.name(lang)))

    def _activity(self, work: WorkInProgress, place: Place, year: FiscalYear) -> Activity:
        record = HelpOnRecord.of(self._community, work, place.workspace_id)
        audience = self._community.audience(work, place.workspace_id, place.member_id)
        ids = work.corpus.touched_by(place.workspace_id, [place.member_id], reacted=False)
        threads = (thread for thread in work.corpus.each(ids) if audience.may_open(thread.channel))
        begin, end = year.span(self._community.composer.zone)
        done = answered(threads, place.member_id, record.judge)
        tier = tier_of(self._community, work, place.workspace_id, place.member_id)
        return Activity(year, tuple(one for one in done if begin <= one.at < end), tier)

    def _person(self, work: WorkInProgress, place: Place) -> Person:
        member = work.corpus.member(place.workspace_id, place.member_id)
        workspace = work.corpus.workspace(place.workspace_id)
        town = self._community.municipalities.by_code.get((member and member.municipality) or "")
        where = "" if town is None else town.name if town.is_prefecture else f"{town.prefecture}{town.name}"
        return Person(
            member.display_name if member else place.member_id,
            where,
            (workspace and workspace.name) or "共創コミュニティ",
        )


@dataclass(frozen=True, slots=True)
class Person:
    """Whose report it is: their name as displayed, their municipality if known, their community's name."""

    name: str
    place: str
    workspace: str


@dataclass(frozen=True, slots=True)
class Page:
    """Puts a year's activity on one page."""

    words: ActivityReportWords
    lang: str
    municipalities: Municipalities
    today: date
    zone: tzinfo

    def document(self, activity: Activity, person: Person) -> Document:
        """The page, with the names of the municipalities as far as they fit on it."""
        named = self._document(activity, person, self._helped(activity, named=True))
        if page_count(named) == 1:
            return named
        return self._document(activity, person, self._helped(activity, named=False))

    def whole(self, activity: Activity, person: Person) -> Document:
        """The same with all topics and names, as long as they make it."""
        return self._document(activity, person, self._helped(activity, named=True), every_topic=True)

    def _document(
        self, activity: Activity, person: Person, helped: Iterable[Block], *, every_topic: bool = False
    ) -> Document:
        words = self.words
        year = activity.year.name(self.lang)
        return Document(
            title=words.title.format(year=year),
            subtitle=words.subtitle.format(workspace=person.workspace),
            made_on=self.today,
            lead=(
                Paragraph(words.purpose.format(name=person.name, year=year, workspace=person.workspace)),
                self._facts(activity, person),
                self._figures(activity),
            ),
            sections=(
                Section(words.by_month, (self._months(activity),)),
                Section(words.by_topic, (self._topics(activity, every=every_topic), *self._deeds(activity))),
                Section(words.helped, (*helped, Paragraph(words.how, quiet=True))),
            ),
            footer=words.footer.format(workspace=person.workspace, date=day_name(self.today, self.lang)),
            lang=self.lang,
            compact=True,
        )

    def _facts(self, activity: Activity, person: Person) -> Facts:
        words = self.words
        begin, _ = activity.year.span(self.zone)
        last = min(activity.year.last_day, self.today)
        span = words.until_now.format(first=day_name(begin.date(), self.lang), last=day_name(last, self.lang))
        pairs = [(words.member, person.name)]
        if person.place:
            pairs.append((words.place, person.place))
        pairs += [(words.year, f"{activity.year.name(self.lang)}({span})")]
        if activity.tier is not None:
            pairs.append((words.tier, words.tiers[activity.tier]))
        pairs.append((words.made_on, day_name(self.today, self.lang)))
        return Facts(tuple(pairs))

    def _figures(self, activity: Activity) -> Figures:
        words = self.words
        done = activity.answered
        return Figures(
            (
                (words.answers, words.answers_count.format(count=len(done))),
                (words.accepted, words.accepted_count.format(count=sum(one.accepted for one in done))),
                (words.municipalities, words.municipalities_count.format(count=len(activity.places))),
                (words.thanks, words.thanks_count.format(count=sum(one.thanks for one in done))),
            )
        )

    def _months(self, activity: Activity) -> Table:
        words = self.words
        by_month: dict[int, list[Answered]] = defaultdict(list)
        for one in activity.answered:
            by_month[one.at.astimezone(self.zone).month].append(one)

        def row(label: str, count: dict[int, int]) -> tuple[str, ...]:
            return (label, *(str(count[month] or "—") for month in MONTHS), str(sum(count.values())))

        rows = (
            row(words.answers, {month: len(by_month[month]) for month in MONTHS}),
            row(words.accepted, {month: sum(one.accepted for one in by_month[month]) for month in MONTHS}),
            row(words.thanks, {month: sum(one.thanks for one in by_month[month]) for month in MONTHS}),
        )
        header = ("", *(words.month.format(month=month) for month in MONTHS), words.total)
        return Table(header, rows, (0, *(1 for _ in range(13))), frozenset(range(1, 14)))

    def _topics(self, activity: Activity, *, every: bool) -> Table:
        words = self.words
        counts = Counter(one.topic for one in activity.answered)
        accepted = Counter(one.topic for one in activity.answered if one.accepted)
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        shown = ranked if every or len(ranked) <= MOST_TOPICS + 1 else ranked[:MOST_TOPICS]
        rows = [(topic, str(count), str(accepted[topic] or "—")) for topic, count in shown]
        if rest := ranked[len(shown) :]:
            others = (sum(count for _, count in rest), sum(accepted[topic] for topic, _ in rest))
            rows.append((words.more_topics.format(count=len(rest)), str(others[0]), str(others[1] or "—")))
        return Table((words.topic, words.answers, words.accepted), tuple(rows), (2, 1, 1), frozenset({1, 2}))

    def _deeds(self, activity: Activity) -> Iterable[Block]:
        helps = [one.help for one in activity.answered if one.help is not None]
        counts = (
            (self.words.first, sum(one.deed is Deed.FIRST for one in helps)),
            (self.words.pointed, sum(one.deed is Deed.POINTED for one in helps)),
            (self.words.revived, sum(one.revived for one in helps)),
        )
        said = [text.format(count=count) for text, count in counts if count]
        if said:
            yield Paragraph(self.words.deeds.format(deeds=self._join(said)))

    def _helped(self, activity: Activity, *, named: bool) -> Iterable[Block]:
        words = self.words
        towns = [self.municipalities.by_code[code] for code in sorted(activity.places)]
        by_prefecture: dict[str, list[str]] = defaultdict(list)
        for town in towns:
            by_prefecture[town.prefecture].append(town.name)
        if towns:
            yield Paragraph(words.helped_in.format(prefectures=len(by_prefecture), count=len(towns)))
            if named and len(by_prefecture) <= MOST_LINES:
                yield Facts(
                    tuple(
                        (words.prefecture_count.format(prefecture=prefecture, count=len(names)), self._join(names))
                        for prefecture, names in by_prefecture.items()
                    )
                )
            else:
                yield Paragraph(self._list(by_prefecture, named=named))
            if not named:
                yield Paragraph(words.many, quiet=True)
        unknown = sum(one.place is None for one in activity.answered)
        if unknown:
            yield Paragraph(words.unknown.format(count=unknown), quiet=True)

    def _list(self, by_prefecture: dict[str, list[str]], *, named: bool) -> str:
        """All prefectures in running text, with the names of their municipalities or only how many."""
        form = self.words.prefecture_names if named else self.words.prefecture_count
        told = [
            form.format(prefecture=prefecture, count=len(names), names=self._join(names))
            for prefecture, names in by_prefecture.items()
        ]
        return ("。" if self.lang == "ja" else "; ").join(told) if named else self._join(told)

    def _join(self, names: Sequence[str]) -> str:
        return ("、" if self.lang == "ja" else ", ").join(names)
