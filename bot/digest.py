"""The weekly digest: on the first working day of a week, what happened in the one before.

One edition for the community and one for each topic or prefecture, in the channels that `channel_map.yaml` names, and a
personal one for each member who asked for it. The facts are `bot.week`'s, the page is `bot.digest_page`'s; here it is
decided who gets which, once a week, and what becomes of a digest when a thread in it is edited or deleted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot import charts, quiet_hours
from bot.community import Community
from bot.crosspost import joined, noted
from bot.digest_page import REREAD, SOLVED, Page, Pages, described, is_heading, mended, series
from bot.digest_readers import PREFERENCE, Reader, Readers, Record, everything
from bot.errors import WeekNotOverError
from bot.events import Deleted
from bot.replies import Attachment, Reply
from bot.replies.wording.digest import DigestWords, digest_words
from bot.similar import Place
from bot.store import WorkInProgress
from bot.store.outbox import Delivery, Outgoing, State
from bot.store.quotations import Quotation
from bot.week import Facts, Past, Rules, Week
from bot.working_time import calendar
from indexer.model import Message, MessageRef, Thread, Visibility

NAMES = ("digest", "まとめ", "ダイジェスト")
ON = frozenset({"on", "オン", "はい", "購読", "届ける"})
OFF = frozenset({"off", "オフ", "いいえ", "停止", "止める"})
NOW = frozenset({"now", "今", "いま", "今週", "先週"})
REREAD_AGAIN = timedelta(weeks=52)  # how long a thread to reread is not told of again
TRIES = 5  # how often a digest is written anew because a thread in it changed meanwhile


@dataclass(frozen=True, slots=True)
class Printed:
    """One edition: for whom, what it says, and whether it was put on its way now."""

    reader: Reader
    reply: Reply
    posted: bool = False

    def as_text(self, words: DigestWords, *, dry_run: bool) -> str:
        """The edition as a terminal shows it."""
        state = "" if dry_run else f" — {words.posted if self.posted else words.already}"
        lines = [f"{self.reader.name}{state}", self.reply.text.replace("*", "")]
        for card in self.reply.cards:
            lines += ["", card.title] if is_heading(card) or not card.url else [f"・{card.title}", f"  {card.url}"]
            lines += [f"  {line}" for text in (card.excerpt, card.facts) for line in text.splitlines()]
        lines += ["", *self.reply.notes] if self.reply.notes else []
        lines += [f"[{file.name}] {file.alt}" for file in self.reply.attachments]
        return "\n".join(lines) + "\n"

    def as_dict(self) -> dict[str, Any]:
        """The edition for programs."""
        return {
            "channel": self.reader.name.removeprefix("#"),
            "key": self.reader.key,
            "posted": self.posted,
            "text": self.reply.text,
            "cards": [
                {"title": card.title, "permalink": card.url, "text": card.excerpt, "facts": card.facts}
                for card in self.reply.cards
            ],
            "notes": list(self.reply.notes),
            "pictures": [{"name": file.name, "alt": file.alt} for file in self.reply.attachments],
        }


class Digest:
    """Writes, posts and mends digests."""

    def __init__(self, community: Community) -> None:
        self._community = community
        self._unit = community.unit
        self._map = community.channel_map
        self._composer = community.composer
        self._clock = community.clock
        self._zone = community.composer.zone
        self.words = digest_words(community.words.lang)
        self._working = calendar(community.channel_map.working_hours, self._zone)

    # By the clock and the command line

    def on_day(self, workspace_id: str, at: datetime) -> list[Printed]:
        """Post last week's digests if `at` is on the first working day of its week."""
        today = at.astimezone(self._zone).date()
        week = Week.of(at, self._zone)
        days = [week.monday + timedelta(days=number) for number in range(7)]
        if next((day for day in days if self._working.is_working_day(day)), None) != today:
            return []
        return self.post(workspace_id, week.back(1))

    def last_week(self) -> Week:
        """The last week that is over."""
        return Week.of(self._clock.now(), self._zone).back(1)

    def post(self, workspace_id: str, week: Week) -> list[Printed]:
        """Put every edition of a week on its way, each once for good. Raises WeekNotOverError."""
        if week > self.last_week():
            raise WeekNotOverError(week=week)
        return list(self._print(workspace_id, week, post=True))

    def preview(self, workspace_id: str, week: Week) -> list[Printed]:
        """The editions for channels as they would be posted; the community's even where no channel takes it."""
        return list(self._print(workspace_id, week, post=False))

    # What members ask for

    def command(self, place: Place, rest: str) -> Reply:
        """`/kyoso digest on | off | now`."""
        word = rest.strip().casefold()
        if word in NOW:
            return self.now(place)
        if word in ON or word in OFF:
            self.choose(place, on=word in ON)
            return Reply(self.words.on if word in ON else self.words.off)
        with self._unit.read() as work:
            on = work.preferences.get(place.workspace_id, place.member_id, PREFERENCE) == "on"
        return Reply(self.words.is_on if on else self.words.is_off)

    def choose(self, place: Place, *, on: bool) -> None:
        """Keep whether a member wants their own digest."""
        with self._unit.begin() as work:
            work.preferences.set(place.workspace_id, place.member_id, PREFERENCE, "on" if on else "off")

    def now(self, place: Place) -> Reply:
        """A member's own digest of last week, for their eyes alone; answers in private carry no picture."""
        week = self.last_week()
        with self._unit.read() as work:
            member = work.corpus.member(place.workspace_id, place.member_id)
            if member is None:
                return Reply(self.words.none_now)
            readers = Readers(self._community, place.workspace_id, week)
            record = _record(readers, work)
            reader = readers.member(work, member, record)
            return self._page(work, reader, record, week)[0].reply

    # What becomes of a posted digest

    def heard(self, message: Message) -> None:
        """Somebody replied: digests that tell of the question as waiting say so, and offer it to nobody."""
        if not message.is_root:
            self._mend(message.root)

    def edited(self, message: Message) -> None:
        """A message changed: digests that tell of its thread are written anew."""
        self._mend(message.root)

    def deleted(self, event: Deleted) -> None:
        """A message is gone: its words leave the digests."""
        with self._unit.read() as work:
            thread = work.corpus.thread(event.ref)
        self._mend(thread.ref if thread else event.ref)

    # Within

    def _print(self, workspace_id: str, week: Week, *, post: bool) -> Iterator[Printed]:
        found = Readers(self._community, workspace_id, week)
        with self._unit.read() as work:
            record = _record(found, work)
            readers = list(found.channels(work, record))
            if post:
                readers += found.members(work, record)
            elif all(reader.concerns is not everything for reader in readers):
                readers.insert(0, found.nobody())
        for reader in readers:
            yield self._post(reader, record, week) if post else self._draw(reader, record, week)

    def _draw(self, reader: Reader, record: Record, week: Week) -> Printed:
        with self._unit.read() as work:
            page, facts = self._page(work, reader, record, week)
        return Printed(reader, self._illustrated(page.reply, facts))

    def _post(self, reader: Reader, record: Record, week: Week) -> Printed:
        """Put one edition on its way, unless that was done before."""
        for _ in range(TRIES):
            with self._unit.read() as work:
                kept = work.outbox.get(reader.key)
                if kept is not None:
                    return Printed(reader, kept.outgoing.reply)
                page, facts = self._page(work, reader, record, week)
            reply = self._illustrated(page.reply, facts)
            with self._unit.begin() as work:
                quoted = [thread for _, thread in page.threads]
                now = work.corpus.threads(thread.id for thread in quoted)
                standing = {thread.id: thread for thread in joined(work, now).values()}
                if any(standing.get(thread.id) != thread for thread in quoted):
                    record = _record(Readers(self._community, self._workspace(reader), week), work)
                    continue
                return Printed(reader, reply, posted=self._put(work, reader, page, reply))
        return Printed(reader, page.reply)

    def _put(self, work: WorkInProgress, reader: Reader, page: Page, reply: Reply) -> bool:
        now = self._clock.now()
        outgoing = Outgoing(
            key=reader.key,
            workspace_id=self._workspace(reader),
            kind=Delivery.DIRECT if reader.member_id else Delivery.POST,
            reply=reply,
            channel_id=reader.channel_id,
            member_id=reader.member_id,
        )
        zone, member_id = self._zone, reader.member_id
        at = quiet_hours.due(work, outgoing.workspace_id, member_id, now, zone) if member_id else now
        put = work.outbox.put(outgoing, at)
        if put:
            work.quotations.keep(Quotation(reader.key, part, thread.id, now) for part, thread in page.threads)
        return put

    def _workspace(self, reader: Reader) -> str:
        (workspace_id,) = reader.audience.workspaces or ("",)
        return workspace_id

    def _page(self, work: WorkInProgress, reader: Reader, record: Record, week: Week) -> tuple[Page, Facts]:
        workspace_id = self._workspace(reader)
        start, _ = week.span(self._zone)
        told = [one for one in work.quotations.ending(_end(reader.key), start - REREAD_AGAIN) if one.key != reader.key]
        past = Past(
            frozenset(one.thread_id for one in told if one.part == SOLVED),
            frozenset(one.thread_id for one in told if one.part == REREAD),
            begun=min((Week.parse(one.key.split(":")[1]) for one in told), default=None),
        )
        shown = [thread for thread in record.threads if self._open(thread, reader)]
        seasonal = [thread for thread in record.seasonal if self._open(thread, reader)]
        newcomers = [member for member, thread in record.newcomers if self._open(thread, reader, anyway=True)]
        if reader.concerns is not everything:
            newcomers = []
        facts = Rules(week, self._zone, record.judgement).facts(shown, past, seasonal, newcomers)
        recognition = work.preferences.holding(workspace_id, "recognition")
        unnamed = frozenset(member for member, value in recognition.items() if value == "off")
        pages = Pages(self._composer, work.corpus, workspace_id, self._clock.now(), reader.member_id or "")
        return pages.page(facts, reader.heading, unnamed), facts

    def _open(self, thread: Thread, reader: Reader, *, anyway: bool = False) -> bool:
        room = thread.channel
        kept = room.visibility is Visibility.PUBLIC or room.name in self._map.private_names
        return kept and reader.audience.may_open(room) and (anyway or reader.concerns(thread))

    def _illustrated(self, reply: Reply, facts: Facts) -> Reply:
        if facts.quiet:
            return reply
        shown = series(facts, self.words)
        name = self.words.chart_name.format(week=facts.week)
        return replace(reply, attachments=(Attachment(name, charts.weekly(shown), described(shown, self.words)),))

    # Mending

    def _mend(self, at: MessageRef) -> None:
        with self._unit.read() as work:  # most threads stand in no digest: no lock is taken for them
            root = noted(work, at) or at
            thread_id = work.corpus.thread_id(root)
            if thread_id is None or not _told_of(work, thread_id):
                return
        with self._unit.begin() as work:
            quotations = _told_of(work, thread_id)
            thread = next(iter(joined(work, work.corpus.threads([thread_id])).values()), None)
            workspace = work.corpus.workspace(root.workspace_id)
            url = workspace.permalink(root) if workspace else ""
            pages = Pages(self._composer, work.corpus, root.workspace_id, self._clock.now())
            for quotation in quotations:
                kept = work.outbox.get(quotation.key)
                if kept is None or kept.state in (State.CANCELLED, State.FAILED):
                    continue
                gone = thread is None or (quotation.part in (SOLVED, REREAD) and not thread.resolved)
                own = replace(pages, reader_id=kept.outgoing.member_id or "")
                card = None if gone or thread is None else own.card(quotation.part, thread)
                shown = work.outbox.reads(quotation.key)
                anew = mended(shown, url, card)
                if anew != shown:
                    work.outbox.revise(quotation.key, anew, self._clock.now())


def _told_of(work: WorkInProgress, thread_id: int) -> list[Quotation]:
    """Where digests tell of a thread."""
    return [one for one in work.quotations.of_thread(thread_id) if one.key.startswith("digest:")]


def _record(found: Readers, work: WorkInProgress) -> Record:
    """What a week's editions draw from; what was replied where a question was made known is a reply to it."""
    record = found.record(work)
    return replace(record, threads=tuple(joined(work, record.threads).values()))


def _end(key: str) -> str:
    """What all digests for one reader end with: the key without 「digest:2026-W47」."""
    return ":" + key.split(":", 2)[2]
