"""Questions without an answer: where each one stands. Pure rules over its thread and a given time.

A question is *open* from when it was asked; after `Care.ambassadors` of working time without an answer ambassadors are
told, after `Care.wider` more people, after `Care.digest` the weekly digest alone goes on naming it. It waits no more
once answered, resolved (by anybody's word, the asker's 「自己解決しました」 too), deleted, or older than `Care.closed`.

What is an answer: any reply of another member that does more than ask back or join in (「うちも困っています」). A reply
that only asks back lets the question *wait for the asker*; when they reply it is open again, from then on. Where the
asker says that it is not solved, what came before is no answer any more. A poll is answered by so many members as a
tally takes, and its waiting begins anew with each answer. Cross-posts, nearly the same words of one asker in another
channel, are one question: the first of them, answered where any of them is.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from bot.post_kinds import asks_many
from bot.working_time import WorkingTime
from indexer.channel_map import Care
from indexer.model import Message, Thread
from indexer.resolution import Said, said

# Of the characters' trigrams of two texts, the share that they have in common: a copied question with another greeting
# keeps .7 and more, two questions of one person about one matter have .1 to .3 in common (the sample community's).
SAME_WORDS = 0.6
CROSS_POST = timedelta(days=7)  # later the same words are a question asked anew
ASKING_BACK = 25  # characters beside the question itself; more of them tell something
JOINING_IN = 60  # characters

_SENTENCES = re.compile(r"(?<=[。？?！!\n])")
_ASKS = re.compile(
    r"([?？]|(でしょうか|ましょうか|ますか|ですか|ませんか|ましたか|でしたか)[。…]*)\s*$|教えて(ください|いただけ|もらえ|下さい)"
)
# 「〜してはいかがでしょうか」 advises.
_ADVISES = re.compile(
    r"(いかが|どう|よい|良い|いい)(でしょう|です)か|(では|のでは)ない(でしょう|です)?か|てみ(ては|たら)"
)
_POLITE = re.compile(
    r"お疲れ様|お世話に|はじめまして|横から|失礼(し|いた)|よろしく|ありがとう|質問(です|させて)|確認させて"
)
_JOINS_IN = re.compile(
    r"(も|同じく)[^。\n]{0,12}(知りたい|気になり|気になって|困って|悩んで|同じ(状況|悩み|問題)|興味)|便乗|同じ(状況|悩み)です"
)


class Stage(IntEnum):
    """How far the waiting of a question has come. From ANSWERED on it waits no more."""

    OPEN = 0
    AMBASSADORS = 1
    WIDER = 2
    DIGEST = 3
    ASKER = 4
    ANSWERED = 5
    RESOLVED = 6
    CLOSED = 7

    @property
    def waits(self) -> bool:
        """Whether an answer is still to come, from whomever."""
        return self < Stage.ANSWERED


_STEPS = (Stage.OPEN, Stage.AMBASSADORS, Stage.WIDER, Stage.DIGEST)


@dataclass(frozen=True, slots=True)
class Outlook:
    """Where a question stands and, as long as nobody writes, will stand at any time.

    `fixed`: its stage where that does not depend on the time; `steps`: when it goes on to each of the stages after
    OPEN, in order.
    """

    since: datetime
    closes: datetime
    fixed: Stage | None = None
    steps: tuple[datetime, ...] = ()

    def stage(self, now: datetime) -> Stage:
        """The stage at a moment."""
        if self.fixed in (Stage.ANSWERED, Stage.RESOLVED):
            return self.fixed
        if now > self.closes:
            return Stage.CLOSED
        return self.fixed if self.fixed is not None else _STEPS[bisect_right(self.steps, now)]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a community calls waiting too long, and how many answers a poll takes."""

    working_time: WorkingTime
    care: Care
    poll_answers: int

    def outlook(self, thread: Thread) -> Outlook:
        """Where a question stands, by what was written."""
        closes = thread.root.posted_at + self.care.closed
        if thread.resolved:
            return Outlook(thread.root.posted_at, closes, Stage.RESOLVED)
        poll = asks_many(thread.root.text)
        course = _course(thread, poll=poll)
        if len(course.answerers) >= (self.poll_answers if poll else 1):
            return Outlook(course.since, closes, Stage.ANSWERED)
        if course.asked_back:
            return Outlook(course.since, closes, Stage.ASKER)
        spans = (self.care.ambassadors, self.care.wider, self.care.digest)
        steps = (self.working_time.after(course.since, self.working_time.length(span)) for span in spans)
        return Outlook(course.since, closes, steps=tuple(sorted(steps)))

    def stage(self, thread: Thread, now: datetime) -> Stage:
        """The stage of a question at a moment."""
        return self.outlook(thread).stage(now)

    def waits(self, thread: Thread, now: datetime) -> bool:
        """Whether a question waits for an answer at a moment: as its stage tells, but found without its later steps."""
        if thread.resolved or now > thread.root.posted_at + self.care.closed:
            return False
        answers = len(_course(thread, poll=False).answerers)
        return not answers or (answers < self.poll_answers and asks_many(thread.root.text))


@dataclass(frozen=True, slots=True)
class _Course:
    """What the replies came to: who answered, whether the asker is to reply, from when on it waits."""

    answerers: frozenset[str]
    asked_back: bool
    since: datetime


def _course(thread: Thread, *, poll: bool) -> _Course:
    answerers: set[str] = set()
    asked_back, since = False, thread.root.posted_at
    for reply in thread.replies:
        if not reply.by_person:
            continue
        if reply.author_id == thread.root.author_id:
            unsolved = said(reply.text) is Said.NOT_SOLVED
            if unsolved:
                answerers.clear()
            if asked_back or unsolved:
                since = reply.posted_at
            asked_back = False
        elif is_answer(reply):
            answerers.add(reply.author_id)
            asked_back = False
            since = reply.posted_at if poll else since
        elif asks_back(reply.text) and not answerers:
            asked_back, since = True, reply.posted_at
    return _Course(frozenset(answerers), asked_back, since)


def is_answer(reply: Message) -> bool:
    """Whether a reply of somebody else's does more than ask back or join in."""
    return not asks_back(reply.text) and not (len(reply.text) <= JOINING_IN and _JOINS_IN.search(reply.text))


def asks_back(text: str) -> bool:
    """Whether a reply asks the asker something and tells nothing beside it."""
    told, asks = 0, False
    for sentence in _SENTENCES.split(text):
        words = sentence.strip()
        if _ASKS.search(words) and not _ADVISES.search(words):
            asks = True
        elif not _POLITE.search(words):
            told += len(words)
    return asks and told < ASKING_BACK


def grams(text: str) -> frozenset[str]:
    """The trigrams of a text, by which cross-posts are recognised."""
    plain = re.sub(r"\W+", "", unicodedata.normalize("NFKC", text)).casefold()
    return frozenset(plain[start : start + 3] for start in range(max(1, len(plain) - 2)))


def same_question(one: Thread, other: Thread) -> bool:
    """Whether two threads are one question, posted in two channels."""
    apart = abs(one.root.posted_at - other.root.posted_at)
    if one.root.author_id != other.root.author_id or one.channel == other.channel or apart > CROSS_POST:
        return False
    first, second = grams(one.root.text), grams(other.root.text)
    return len(first & second) >= SAME_WORDS * len(first | second)


def first_posted(thread: Thread, others: Sequence[Thread]) -> list[Thread]:
    """All posts of one question, the first of them first; `others` are what its asker also asked."""
    posts = [thread, *(other for other in others if other.id != thread.id and same_question(thread, other))]
    return sorted(posts, key=lambda post: (post.root.posted_at, post.id))
