"""The weekly digest as people read it: facts of a week made into cards under headings.

A heading is a card with a title and nothing else. Every thread stands on a card of its own whose link tells which
thread it is, so that a card can be taken off or written anew when its thread changes (`mended`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.charts import Series
from bot.replies import Card, Reply
from bot.replies.compose import Composer, take_button
from bot.replies.wording.digest import DigestWords, digest_words
from bot.tally import Tally, tally
from bot.thread_facts import first_reply, interest, replies_of_others
from bot.week import Facts, Figures
from indexer.corpus import Corpus
from indexer.model import Message, Thread

# With headings and buttons they fit a Slack message, which takes 50 blocks.
MOST_SOLVED, MOST_WAITING, MOST_POLLS = 5, 5, 3
MOST_HELPERS = 12
MOST_RISING = 3
LINE = 90  # characters of the one line on how: two lines on a phone
# Sentences that open an answer but tell nothing of it.
_OPENING = re.compile(
    r"^(@|お疲れ|おつかれ|はじめまして|こんにちは|こんばんは|わかります|分かります|同じ(く|です|状況|経験)|うちも(同じ|そう)|"
    r"ご(無事|苦労)|以前|それは|大変|すみません|遅くなり|横から|参考(に|まで))|(の者です|の立場から|ですね|ますね|ですよね)$"
)
_SENTENCES = re.compile(r"(?<=[。！？!?])|\n")
SHORTEST_LINE = 12  # characters; what is shorter points to what follows (「手順です。」)

SOLVED, WAITING, POLL, REREAD = "solved", "waiting", "poll", "reread"


@dataclass(frozen=True, slots=True)
class Page:
    """A digest as it is posted: the reply, and which threads stand in which part of it."""

    reply: Reply
    threads: tuple[tuple[str, Thread], ...] = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """What a digest opens and closes with, and what it says where there is nothing to tell."""

    title: str
    quiet: str
    note: str


@dataclass(frozen=True, slots=True)
class Pages:
    """Writes digests. `now`: when they are read, from which days of waiting count; `reader_id`: by whom alone."""

    composer: Composer
    corpus: Corpus
    workspace_id: str
    now: datetime
    reader_id: str = ""

    @property
    def words(self) -> DigestWords:
        """The digest's sentences."""
        return digest_words(self.composer.words.lang)

    def page(self, facts: Facts, heading: Heading, unnamed: frozenset[str] = frozenset()) -> Page:
        """The digest of a week. `unnamed`: members who do not want to be thanked in public."""
        if facts.quiet:
            return Page(Reply(heading.quiet))
        solved = sorted(facts.solved, key=lambda thread: (thread.accepted is None, -interest(thread)))[:MOST_SOLVED]
        waiting, polls = facts.waiting[:MOST_WAITING], facts.polls[:MOST_POLLS]
        parts: list[tuple[str, str, Sequence[Thread]]] = [
            (SOLVED, self.words.solved, sorted(solved, key=facts.solved.index)),
            (WAITING, self.words.waiting, waiting),
            (POLL, self.words.polls, polls),
        ]
        cards: list[Card] = []
        for part, title, threads in parts:
            cards += self._section(title, [self.card(part, thread) for thread in threads])
        cards += self._told(facts, unnamed)
        if facts.reread is not None:
            parts.append((REREAD, self.words.reread, [facts.reread]))
            cards += self._section(self.words.reread, [self.card(REREAD, facts.reread)])
        return Page(
            Reply(f"{heading.title}\n{self._figures(facts.figures)}", tuple(cards), tuple(self._notes(facts, heading))),
            tuple((part, thread) for part, _, threads in parts for thread in threads),
        )

    def _figures(self, figures: Figures) -> str:
        """What was asked and resolved in numbers, or that nothing was."""
        words = self.words
        silent = words.figures_unasked if figures.resolved else words.figures_none
        told = words.figures if figures.questions else silent
        return told.format(questions=figures.questions, answered=figures.answered, resolved=figures.resolved)

    def card(self, part: str, thread: Thread) -> Card:
        """A thread as it stands in one part of a digest."""
        workspace = self.corpus.workspace(thread.ref.workspace_id)
        url = workspace.permalink(thread.ref) if workspace else ""
        return replace(
            {SOLVED: self._solved, WAITING: self._waiting, POLL: self._poll, REREAD: self._reread}[part](thread),
            title=thread.title,
            url=url,
        )

    def _solved(self, thread: Thread) -> Card:
        answer = thread.accepted
        if answer is None:
            return Card("", "", "", f"#{thread.channel.name}")
        facts = self.words.answered_by.format(answerer=self._name(answer), channel=thread.channel.name)
        return Card("", "", f"→ {telling(answer.text)}", facts)

    def _waiting(self, thread: Thread) -> Card:
        asker, channel = self._name(thread.root), thread.channel.name
        if thread.resolved or first_reply(thread) is not None:
            return Card("", "", self.words.answered_since, self.words.asked_by.format(asker=asker, channel=channel))
        ago = self.composer.ago(thread.root.posted_at, self.now)
        facts = self.words.waiting_since.format(asker=asker, ago=ago, channel=channel)
        own = thread.root.author_id == self.reader_id
        return Card("", "", "", facts, buttons=() if own else (take_button(thread.ref, self.words.take),))

    def _poll(self, thread: Thread) -> Card:
        found = self._tally(thread)
        counts = "・".join(f"{option} {count}" for option, count in found.by_choice)
        answers = counts or " / ".join(answer.said(LINE // 3) for answer in found.answers[:3])
        facts = self.words.poll_facts.format(count=len(found.answers), channel=thread.channel.name)
        return Card("", "", answers, facts)

    def _reread(self, thread: Thread) -> Card:
        answer = thread.accepted or thread.root
        date = self.composer.day(self._day(thread.root))
        facts = self.words.reread_facts.format(date=date, answerer=self._name(answer), channel=thread.channel.name)
        return Card("", "", f"→ {telling(answer.text)}", facts)

    def _told(self, facts: Facts, unnamed: frozenset[str]) -> Iterator[Card]:
        """What stands in one card each: topics, thanks, newcomers."""
        if facts.rising:
            lines = [
                self.words.rise.format(topic=one.topic, count=one.questions, usual=f"{one.usual:g}")
                for one in facts.rising[:MOST_RISING]
            ]
            yield Card(self.words.rising, "", "\n".join(lines), "")
        helpers = [member for member in facts.helpers if member not in unnamed]
        if helpers:
            shown = helpers[:MOST_HELPERS]
            names = [self.composer.name(self.corpus, self.workspace_id, member) for member in shown]
            more = len(helpers) - len(names)
            sentence = self.words.helpers_more if more else self.words.helpers
            told = sentence.format(names=self.words.people.join(names), count=more)
            yield Card(self.words.thanks, "", told, "")
        if facts.newcomers:
            yield Card(self.words.newcomers, "", self._by_prefecture(facts), "")

    def _by_prefecture(self, facts: Facts) -> str:
        codes = [member.municipality for member in self.corpus.members(self.workspace_id, facts.newcomers)]
        places = [self.composer.municipalities.by_code.get(code or "") for code in codes]
        counts = Counter(place.prefecture for place in places if place)
        order = sorted(counts, key=lambda name: min(p.code for p in places if p and p.prefecture == name))
        told = [self.words.prefecture_count.format(prefecture=name, count=counts[name]) for name in order]
        other = len(facts.newcomers) - counts.total()
        return self.words.separator.join([*told, *([self.words.elsewhere.format(count=other)] if other else [])])

    def _notes(self, facts: Facts, heading: Heading) -> Iterator[str]:
        if (more := len(facts.solved) - MOST_SOLVED) > 0:
            yield self.words.more_solved.format(count=more)
        if (more := len(facts.waiting) - MOST_WAITING) > 0:
            yield self.words.more_waiting.format(count=more)
        yield heading.note

    def _section(self, title: str, cards: Sequence[Card]) -> list[Card]:
        return [Card(title, "", "", ""), *cards] if cards else []

    def _tally(self, thread: Thread) -> Tally:
        authors = {reply.author_id for reply in replies_of_others(thread)}
        members = {member.id: member for member in self.corpus.members(thread.ref.workspace_id, sorted(authors))}
        return tally(thread, members, self.composer.municipalities)

    def _name(self, message: Message) -> str:
        return self.composer.author(self.corpus, message)

    def _day(self, message: Message) -> date:
        return message.posted_at.astimezone(self.composer.zone).date()


def series(facts: Facts, words: DigestWords) -> Series:
    """The figures of the last weeks as the chart shows them, from the first week in which anything happened."""
    shown = list(facts.history)
    while len(shown) > 1 and not (shown[0].questions or shown[0].resolved):
        shown.pop(0)
    return Series(
        words.chart_title,
        tuple(words.day.format(one.week.monday) for one in shown),
        tuple(one.questions for one in shown),
        tuple(one.answered for one in shown),
        tuple(one.resolved for one in shown),
        (words.chart_questions, words.chart_answered, words.chart_resolved),
    )


def described(shown: Series, words: DigestWords) -> str:
    """The chart in words, for those who cannot see it."""
    mean = sum(shown.questions) / len(shown.questions)
    return words.chart_alt.format(
        weeks=len(shown.labels),
        questions=shown.questions[-1],
        answered=shown.answered[-1],
        resolved=shown.resolved[-1],
        mean=f"{mean:.0f}",
    )


def telling(text: str) -> str:
    """The first sentence of an answer that tells something, on one line."""
    sentences = [" ".join(sentence.split()) for sentence in _SENTENCES.split(text)]
    sentences = [sentence for sentence in sentences if sentence]
    found = (one for one in sentences if len(one) >= SHORTEST_LINE and not _OPENING.search(one.rstrip("。！!…")))
    line = next(found, " ".join(text.split()))
    return line if len(line) <= LINE else line[: LINE - 1] + "…"


def mended(reply: Reply, url: str, card: Card | None) -> Reply:
    """The digest with the card of one thread written anew, or taken off; a heading over nothing goes too."""
    cards = [card if one.url == url and card else one for one in reply.cards if one.url != url or card]
    kept = [one for one, after in zip(cards, [*cards[1:], None], strict=True) if not (is_heading(one) and over(after))]
    return replace(reply, cards=tuple(kept))


def is_heading(card: Card) -> bool:
    """Whether the card only opens a section."""
    return not (card.url or card.excerpt or card.facts or card.buttons)


def over(after: Card | None) -> bool:
    """Whether a heading followed by this stands over nothing."""
    return after is None or not after.url
