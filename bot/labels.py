"""What members have taught, read from the record: which thread answers which question, which channel it belongs to.

Three sources speak, each only as long as the posts it rests on stand:

- what was pressed under a suggestion: 役に立った (1), 解決した (2), 違う (0)
- a link to another thread that somebody posted in reply: 2 where that reply was accepted, else 1
- an ambassador's or operator's word, which counts as much as the asker's: a link (2), 違う, or in reply to a question
  「こちらは #税 の話題です」, which tells the router

Where they disagree on one thread, the latest word of asker, ambassador or operator decides, else the majority.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.community import Community
from bot.serving import sitting
from bot.similar import searched
from bot.store import WorkInProgress
from bot.store.suggestions import Label, Said
from indexer.channel_map import ChannelMap, Kind
from indexer.corpus import Corpus
from indexer.links import drawn
from indexer.model import Thread

GRADES = {Label.SOLVED: 2, Label.HELPFUL: 1, Label.WRONG: 0}
ACCEPTED, POINTED_TO = 2, 1


@dataclass(frozen=True, slots=True)
class Word:
    """One person's word that a thread answers a question: 2 solved, 1 helped, 0 beside the point."""

    text: str
    own: int | None  # the thread that the question opened
    thread_id: int
    grade: int
    at: datetime
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class Taught:
    """A question with what everybody's words come to: a grade for each thread that was spoken of."""

    text: str
    own: int | None
    answers: dict[int, int]


def taught(community: Community) -> list[Taught]:
    """All labelled questions of the community, in the order of their first word."""
    with community.unit.read() as work:
        trusted = trusted_members(work, community)
        words = [*_pressed(work, community, trusted), *_linked(work.corpus, trusted)]
    return combined(words)


def combined(words: Iterable[Word]) -> list[Taught]:
    """One grade for each question and thread."""
    spoken: dict[tuple[int | None, str], dict[int, list[Word]]] = defaultdict(lambda: defaultdict(list))
    for word in sorted(words, key=lambda word: word.at):
        spoken[word.own, "" if word.own is not None else word.text][word.thread_id].append(word)
    found = []
    for (own, _), by_thread in spoken.items():
        graded = {thread_id: _decided(said) for thread_id, said in by_thread.items()}
        answers = {thread_id: grade for thread_id, grade in graded.items() if grade is not None and thread_id != own}
        if answers:
            text = next(iter(by_thread.values()))[0].text
            found.append(Taught(text, own, answers))
    return found


def corrected(corpus: Corpus, channel_map: ChannelMap, trusted: frozenset[str]) -> dict[int, str]:
    """Where those who are trusted said a thread belongs: thread id to the channel's name, their latest word."""
    names = [entry.name for entry in channel_map.entries if entry.kind in (Kind.TOPIC, Kind.PREFECTURE)]
    if not names or not trusted:
        return {}
    named = re.compile("[#＃](" + "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) + ")")
    found: dict[int, str] = {}
    for thread in corpus.threads(corpus.threads_saying([f"#{name}" for name in names])):
        for reply in thread.replies:
            told = set(named.findall(reply.text)) if reply.by_person and reply.author_id in trusted else set()
            if len(told) == 1:  # who names several points to none
                found[thread.id] = told.pop()
    return found


def trusted_members(work: WorkInProgress, community: Community) -> frozenset[str]:
    """Those whose word on any question counts as the asker's: operators, and ambassadors in their term."""
    today = community.clock.now().astimezone(community.composer.zone).date()
    rooms = [workspace.id for workspace in work.corpus.workspaces()]
    serve = (sitting(work, workspace_id, community.channel_map, today) for workspace_id in rooms)
    return community.channel_map.operators.union(*serve)


def _pressed(work: WorkInProgress, community: Community, trusted: frozenset[str]) -> Iterator[Word]:
    said = work.suggestions.said()
    standing = {thread.id for thread in work.corpus.threads(one.thread_id for one in said)}
    for one in said:
        if one.thread_id not in standing:
            continue
        decides = one.by in trusted or one.by == one.asker_id
        if one.question is None:
            text = searched(one.query, community.municipalities, one.at)
            yield Word(text, None, one.thread_id, GRADES[one.label], one.at, decides)
            continue
        thread = work.corpus.thread(one.question)
        asked = _asked(thread, one) if thread is not None else None
        if thread is not None and asked:
            yield Word(asked, thread.id, one.thread_id, GRADES[one.label], one.at, decides)


def _asked(thread: Thread, said: Said) -> str | None:
    """What the question reads now; None where it was deleted."""
    return next((message.text for message in (thread.root, *thread.replies) if message.ref == said.question), None)


def _linked(corpus: Corpus, trusted: frozenset[str]) -> Iterator[Word]:
    for link in drawn(corpus):
        asker, by = link.thread.root.author_id, link.reply.author_id
        if not link.thread.root.by_person or (by == asker and link.target.root.author_id == asker):
            continue  # people point to their own other post to tell where they asked, too
        accepted = link.thread.accepted is not None and link.thread.accepted.ref == link.reply.ref
        grade = ACCEPTED if accepted or by in trusted else POINTED_TO
        decides = accepted or by in trusted or by == asker
        yield Word(link.thread.root.text, link.thread.id, link.target.id, grade, link.reply.posted_at, decides)


def _decided(said: list[Word]) -> int | None:
    """What the words on one thread come to, oldest first; None where they cancel out."""
    decisive = [word for word in said if word.trusted]
    if decisive:
        return decisive[-1].grade
    for_it = [word.grade for word in said if word.grade > 0]
    against = len(said) - len(for_it)
    if len(for_it) == against:
        return None
    return max(for_it) if len(for_it) > against else 0
