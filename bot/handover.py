"""`/kyoso handover`: what a municipality asked, answered and followed, as a record for a successor after a rotation.

A member gets it as Markdown and PDF by direct message: of all threads in which somebody of their municipality took part
(those who left included: they are the predecessors), the ones that this member can open, by topic, with what was
decided. Answers are quoted at length, and where a quotation ends early it says so.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.community import Community
from bot.documents.document import Block, Document, Entry, Facts, Paragraph, Section, Table
from bot.documents.markdown import to_markdown
from bot.documents.pdf import to_pdf
from bot.fiscal_year import day_name
from bot.replies import Attachment, Reply
from bot.replies.wording.handover import HandoverWords, handover_words
from bot.similar import Place
from bot.store import WorkInProgress
from bot.store.outbox import Delivery, Outgoing
from bot.thread_facts import topic_teller
from indexer.channel_map import ChannelMap, Kind
from indexer.model import Message, Thread, Visibility, Workspace
from indexer.resolution import SUBSTANTIVE_LENGTH

LONGEST_QUOTE = 700  # characters; nine of ten answers in the sample community are shorter
LEFT_OUT = (Kind.SOCIAL, Kind.INTRODUCTIONS, Kind.PRACTICE)
FEWEST_FOR_CONTENTS = 15  # threads; a shorter record is seen at a glance
_EMOJI = re.compile(r"\s?:[a-z0-9_+-]+:(?:skin-tone-\d:)?")  # `:innocent:`, a picture only where it was posted


class Part(StrEnum):
    """What a municipality had to do with a thread."""

    ASKED = "asked"
    ANSWERED = "answered"
    FOLLOWED = "followed"


@dataclass(frozen=True, slots=True)
class Matter:
    """One thread of the record. `own`: the replies by which the municipality answered."""

    thread: Thread
    part: Part
    topic: str
    own: tuple[Message, ...]


def matters(threads: Iterable[Thread], ours: frozenset[str], channel_map: ChannelMap) -> list[Matter]:
    """The threads that belong into the record of these members, newest first."""
    topic_of = topic_teller(channel_map)
    left_out = {entry.name for kind in LEFT_OUT for entry in channel_map.of_kind(kind)}
    found = []
    for thread in threads:
        if thread.channel.name in left_out:
            continue
        own = tuple(
            reply
            for reply in thread.replies
            if reply.by_person and reply.author_id in ours and len(reply.text) >= SUBSTANTIVE_LENGTH
        )
        asked = thread.root.author_id in ours
        part = Part.ASKED if asked else Part.ANSWERED if own else Part.FOLLOWED
        found.append(Matter(thread, part, topic_of(thread) or thread.channel.name, () if asked else own))
    return sorted(found, key=lambda one: (one.thread.root.posted_at, one.thread.id), reverse=True)


class Handover:
    """Makes the record and sends it."""

    def __init__(self, community: Community) -> None:
        self._community = community
        self._words = handover_words(community.words.lang)

    def give(self, place: Place, _rest: str = "") -> Reply:
        """Make the record for a member, send it by direct message, and say so."""
        now = self._community.clock.now()
        with self._community.unit.read() as work:
            asker = work.corpus.member(place.workspace_id, place.member_id)
            town = self._community.municipalities.by_code.get((asker and asker.municipality) or "")
            if town is None:
                return Reply(self._words.no_place)
            ours = frozenset(
                member.id
                for member in work.corpus.members(place.workspace_id)
                if member.municipality == town.code and not member.bot
            )
            audience = self._community.audience(work, place.workspace_id, place.member_id)
            touched = work.corpus.each(work.corpus.touched_by(place.workspace_id, ours))
            seen = [thread for thread in touched if audience.may_open(thread.channel)]
            found = matters(seen, ours, self._community.channel_map)
            if not found:
                return Reply(self._words.nothing.format(place=town.name))
            today = now.astimezone(self._community.composer.zone).date()
            name = town.name if town.is_prefecture else f"{town.prefecture}{town.name}"
            document = _Writer(self._community, work, place.workspace_id).document(name, place.member_id, found, today)
            position = work.corpus.position()
        key = f"handover:{place.workspace_id}:{place.member_id}:{today.isoformat()}:{position}"
        message = Reply(
            self._words.message.format(place=town.name),
            attachments=files(document, self._words.file.format(place=town.name, day=today)),
        )
        direct = Outgoing(key, place.workspace_id, Delivery.DIRECT, message, member_id=place.member_id)
        with self._community.unit.begin() as work:
            new = work.outbox.put(direct, now)
        return Reply(self._words.sent if new else self._words.sent_before)


def files(document: Document, name: str) -> tuple[Attachment, ...]:
    """A document as the two files that are handed out."""
    return (
        Attachment(f"{name}.pdf", to_pdf(document)),
        Attachment(f"{name}.md", to_markdown(document).encode()),
    )


class _Writer:
    """Puts matters into words, as one transaction sees the people in them."""

    def __init__(self, community: Community, work: WorkInProgress, workspace_id: str) -> None:
        self._words: HandoverWords = handover_words(community.words.lang)
        self._composer = community.composer
        self._announcing = {entry.name for entry in community.channel_map.of_kind(Kind.ANNOUNCEMENTS)}
        self._workspace = work.corpus.workspace(workspace_id) or Workspace(workspace_id)
        self._corpus = work.corpus
        self._authors: dict[str, str] = {}

    def document(self, place: str, member_id: str, found: Sequence[Matter], today: date) -> Document:
        """The whole record."""
        words = self._words
        by_topic: dict[str, list[Matter]] = defaultdict(list)
        for matter in found:
            by_topic[matter.topic].append(matter)
        topics = sorted(by_topic.items(), key=lambda item: (-len(item[1]), item[0]))
        footer = words.footer.format(date=day_name(today, self._composer.words.lang))
        return Document(
            title=words.title.format(place=place),
            subtitle=words.subtitle,
            made_on=today,
            lead=(
                Paragraph(words.purpose.format(place=place)),
                self._facts(member_id, found, today),
                Paragraph(words.reading, quiet=True),
                Paragraph(words.rules, quiet=True),
            ),
            sections=(
                Section(words.overview, (self._overview(topics),)),
                *(Section(topic, sections=self._parts(inside)) for topic, inside in topics),
            ),
            footer=footer,
            lang=self._composer.words.lang,
            contents=words.contents if len(found) >= FEWEST_FOR_CONTENTS else "",
        )

    def _facts(self, member_id: str, found: Sequence[Matter], today: date) -> Facts:
        words = self._words
        asked = [matter for matter in found if matter.part is Part.ASKED]
        counted = (words.counted if asked else words.counted_alone).format(
            asked=len(asked),
            resolved=sum(matter.thread.resolved for matter in asked),
            answered=sum(matter.part is Part.ANSWERED for matter in found),
            followed=sum(matter.part is Part.FOLLOWED for matter in found),
        )
        first, last = (self._day(matter.thread.root.posted_at) for matter in (found[-1], found[0]))
        return Facts(
            (
                (words.made_on, day_name(today, self._composer.words.lang)),
                (words.made_for, self._composer.name(self._corpus, self._workspace.id, member_id)),
                (words.period, words.span.format(first=first, last=last)),
                (words.counts, counted),
            )
        )

    def _overview(self, topics: Sequence[tuple[str, Sequence[Matter]]]) -> Table:
        words = self._words
        rows = [
            (topic, *(str(sum(matter.part is part for matter in inside) or words.none_in_topic) for part in Part))
            for topic, inside in topics
        ]
        whole = [matter for _, inside in topics for matter in inside]
        rows.append((words.total, *(str(sum(matter.part is part for matter in whole)) for part in Part)))
        header = (words.topic, words.asked, words.answered, words.followed)
        return Table(header, tuple(rows), (3, 1, 1, 1), frozenset({1, 2, 3}))

    def _parts(self, inside: Sequence[Matter]) -> tuple[Section, ...]:
        headings = {
            Part.ASKED: self._words.asked,
            Part.ANSWERED: self._words.answered,
            Part.FOLLOWED: self._words.followed,
        }
        grouped = {part: tuple(self._entry(one) for one in inside if one.part is part) for part in Part}
        return tuple(Section(headings[part], entries) for part, entries in grouped.items() if entries)

    def _entry(self, matter: Matter) -> Block:
        words, thread = self._words, matter.thread
        told = thread.channel.name in self._announcing  # nobody asked, so there is nothing to resolve
        facts = [
            self._day(thread.root.posted_at),
            f"#{thread.channel.name}",
            *([] if told else [words.state_resolved if thread.resolved else words.state_open]),
            (words.told_by if told else words.asked_by).format(name=self._author(thread.root)),
        ]
        if thread.channel.visibility is Visibility.PRIVATE:
            facts.insert(2, words.private)
        if caution := self._composer.caution(thread):
            facts.append(caution)
        return Entry(
            _EMOJI.sub("", thread.title),
            self._workspace.permalink(thread.ref),
            " ・ ".join(facts),
            tuple(self._remarks(matter)),
        )

    def _remarks(self, matter: Matter) -> list[tuple[str, str]]:
        """What was decided; of open questions the latest reply; of answers of our own those too."""
        thread = matter.thread
        remarks = []
        if matter.part is Part.ASKED and thread.root.text.strip() != thread.title:
            remarks.append((self._words.question, quotation(thread.root.text, self._words.goes_on)))
        if matter.own and thread.accepted not in matter.own:
            remarks.append(self._quote(self._words.ours, matter.own[-1]))
        if thread.accepted is not None:
            remarks.append(self._quote(self._words.decided_by, thread.accepted))
        elif matter.part is Part.ASKED:
            others = [one for one in thread.replies if one.by_person and one.author_id != thread.root.author_id]
            if not others:
                remarks.append((self._words.decided, self._words.no_reply))
            else:
                remarks.append(self._quote(self._words.latest, others[-1]))
        return remarks

    def _quote(self, label: str, message: Message) -> tuple[str, str]:
        named = label.format(name=self._author(message), date=self._day(message.posted_at))
        return named, quotation(message.text, self._words.goes_on)

    def _author(self, message: Message) -> str:
        if message.author_id not in self._authors:
            self._authors[message.author_id] = self._composer.author(self._corpus, message)
        return self._authors[message.author_id]

    def _day(self, moment: datetime) -> str:
        return day_name(moment.astimezone(self._composer.zone).date(), self._composer.words.lang)


def quotation(text: str, goes_on: str) -> str:
    """A text with its lines, cut at the end of a sentence where it is long, and then saying that it goes on."""
    plain = _EMOJI.sub("", text).strip()
    if len(plain) <= LONGEST_QUOTE:
        return plain
    cut = plain[:LONGEST_QUOTE]
    end = max(cut.rfind(mark) for mark in "。！？\n")
    return (cut[: end + 1] if end >= LONGEST_QUOTE // 2 else cut).rstrip() + goes_on
