"""A new question: is it one, has it been answered before, and where, and does it belong elsewhere?

`answer` is the middle of a question's way: claim → record → search → route → compose → outbox. `renew` follows edits of
the question, `withdraw` its deletion; both also mend answers elsewhere that quote the message.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.community import Community
from bot.post_kinds import PostKind, kind_of
from bot.routing import Router
from bot.similar import share_key
from bot.store import WorkInProgress
from bot.store.outbox import Delivery, Kept, Outgoing, State
from bot.store.suggestions import Draft, Mode, Suggestion
from indexer.channel_map import Policy
from indexer.model import Audience, Channel, Hit, Member, Message, MessageRef, Query, room_audience

MOST_CARDS = 3
LOUDNESS, ALONE = "loudness", "whisper"  # what members prefer who want answers to their questions for themselves
TRIES = 5  # how often a question that changes while the bot thinks is thought over again


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the bot would say to a question: how loudly, which threads, which other channels."""

    mode: Mode
    hits: tuple[Hit, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A question as the record has it. `open`: the bot may answer; `claimed`: it has; `before`: what it said."""

    message: Message
    channel: Channel
    asker: Member | None
    open: bool
    resolved: bool
    claimed: bool
    before: Suggestion | None


class Questions:
    """Answers questions with the resolved threads like them."""

    def __init__(self, community: Community, router: Router) -> None:
        self._community = community
        self._unit = community.unit
        self._search = community.search
        self._map = community.channel_map
        self._composer = community.composer
        self._clock = community.clock
        self._router = router

    def answer(self, message: Message) -> None:
        """Record a new root message and, where it is a question with a good answer in the past, say so once."""
        with self._unit.begin() as work:
            work.corpus.record([message], message.posted_at, with_reactions=False)
        key = _key(message.ref)
        for _ in range(TRIES):
            case = self._case(message.ref)
            if case is None or not case.open or case.claimed:
                return
            verdict = self._judge(case)
            with self._unit.begin() as work:
                if self._case_in(work, message.ref) != case:  # edited, deleted or answered meanwhile
                    continue
                work.claims.take(key, self._clock.now())
                self._say(work, case.message, self._standing_hits(work, verdict))
                return

    def renew(self, message: Message) -> None:
        """Record an edited message, and bring what was said on it, or quoted from it, up to date."""
        with self._unit.begin() as work:
            work.corpus.record([message], message.edited_at or message.posted_at, with_reactions=False)
            thread = work.corpus.thread(message.ref)
            if thread is None:
                return
            self._mend_quotations(work, thread.id)
        for _ in range(TRIES):
            case = self._case(message.ref)
            before = case.before if case else None
            if case is None or before is None or case.resolved or before.draft.query == case.message.text:
                return
            verdict = self._judge(case) if case.open else Verdict(Mode.SILENT)
            with self._unit.begin() as work:
                if self._case_in(work, message.ref) != case:
                    continue
                self._say_again(work, before, case.message, self._standing_hits(work, verdict))
                return

    def withdraw(self, ref: MessageRef, at: datetime, written: tuple[str, datetime] | None = None) -> None:
        """Forget a deleted message and everything that was said on it or quoted from it."""
        with self._unit.begin() as work:
            if written is not None:
                work.corpus.identify(ref, written)
            thread = work.corpus.thread(ref)
            if not work.corpus.delete(ref, at, written):
                return
            if thread is not None:
                self._mend_quotations(work, thread.id)
            work.suggestions.forget(ref)
            self._take_back(work, ref)

    def audience(self, work: WorkInProgress, channel: Channel, asker: Member | None) -> Audience:
        """Everybody in the channel; a guest's question is answered with what that guest can open."""
        if asker is not None and asker.guest:
            return work.corpus.audience_of(asker.workspace_id, asker.id)
        return room_audience(channel)

    def _to_answer(self, message: Message, channel: Channel, asker: Member | None) -> bool:
        if self._map.policy(channel.name) is Policy.OFF or channel.archived:
            return False
        if not message.by_person or not message.is_root or (asker is not None and asker.bot):
            return False
        return kind_of(message.text) in (PostKind.QUESTION, PostKind.POLL)

    def _case(self, ref: MessageRef) -> Case | None:
        with self._unit.read() as work:
            return self._case_in(work, ref)

    def _case_in(self, work: WorkInProgress, ref: MessageRef) -> Case | None:
        thread = work.corpus.thread(ref)
        if thread is None or thread.root.ref != ref:  # deleted, or a reply
            return None
        asker = work.corpus.member(ref.workspace_id, thread.root.author_id)
        return Case(
            thread.root,
            thread.channel,
            asker,
            open=self._to_answer(thread.root, thread.channel, asker),
            resolved=thread.resolved,
            claimed=work.claims.taken(_key(ref)),
            before=work.suggestions.of_question(ref),
        )

    def _judge(self, case: Case) -> Verdict:
        """Decide between thread, whisper and silence from the confidence of what is found.

        No transaction for writing is open meanwhile: events must find the inbox open while the bot thinks.
        """
        message, channel, asker = case.message, case.channel, case.asker
        with self._unit.read() as work:
            audience = self.audience(work, channel, asker)
            links = self._router.links(work.corpus, message.text, channel)
            alone = work.preferences.get(message.ref.workspace_id, message.author_id, LOUDNESS) == ALONE
        query = Query(
            message.text,
            audience,
            k=MOST_CARDS,
            municipality=asker.municipality if asker else None,
            exclude=message.ref,
        )
        thresholds = self._community.in_force.thresholds
        hits = tuple(hit for hit in self._search.similar(query) if hit.confidence >= thresholds.whisper)
        if not hits:
            return Verdict(Mode.WHISPER if links else Mode.SILENT, (), links)
        permitted = self._map.policy(channel.name) is Policy.THREAD and not alone
        loud = hits[0].confidence >= thresholds.thread and permitted
        return Verdict(Mode.THREAD if loud else Mode.WHISPER, hits, links)

    def _standing_hits(self, work: WorkInProgress, verdict: Verdict) -> Verdict:
        """The verdict less the threads that were deleted or reopened since they were found."""
        now = {thread.id: thread for thread in work.corpus.threads(hit.thread.id for hit in verdict.hits)}
        hits = tuple(hit for hit in verdict.hits if hit.thread.id in now and now[hit.thread.id].resolved)
        if verdict.hits and not hits:
            return Verdict(Mode.WHISPER if verdict.links else Mode.SILENT, (), verdict.links)
        return replace(verdict, hits=hits)

    def _say(self, work: WorkInProgress, message: Message, verdict: Verdict) -> None:
        now = self._clock.now()
        suggestion_id = work.suggestions.make(_draft(message, verdict), now)
        outgoing = self._outgoing(work, message, verdict, suggestion_id, _key(message.ref))
        if outgoing is not None:
            work.outbox.put(outgoing, now)

    def _say_again(self, work: WorkInProgress, before: Suggestion, message: Message, verdict: Verdict) -> None:
        now = self._clock.now()
        work.suggestions.renew(before.id, _draft(message, verdict))
        standing = _standing(work, message.ref)
        if verdict.mode is not Mode.THREAD:
            if standing is not None:
                work.outbox.retract(standing.outgoing.key, now)
            return
        if standing is not None:
            reply = self._composer.answer(work.corpus, verdict.hits, before.id, verdict.links)
            work.outbox.revise(standing.outgoing.key, reply, now)
            return
        thread = work.corpus.thread(message.ref)
        if thread is not None and not any(reply.by_person for reply in thread.replies):
            outgoing = self._outgoing(work, message, verdict, before.id, f"{_key(message.ref)}:{now.timestamp():.3f}")
            if outgoing is not None:
                work.outbox.put(outgoing, now)

    def _outgoing(
        self, work: WorkInProgress, message: Message, verdict: Verdict, suggestion_id: int, key: str
    ) -> Outgoing | None:
        if verdict.mode is Mode.SILENT:
            return None
        loud = verdict.mode is Mode.THREAD
        compose = self._composer.answer if loud else self._composer.whisper
        return Outgoing(
            key=key,
            workspace_id=message.ref.workspace_id,
            kind=Delivery.POST if loud else Delivery.WHISPER,
            reply=compose(work.corpus, verdict.hits, suggestion_id, verdict.links),
            channel_id=message.ref.channel_id,
            thread_id=message.ref.message_id,
            member_id=message.author_id,
        )

    def _take_back(self, work: WorkInProgress, question: MessageRef) -> None:
        """Take back the answer and what was shared with the asker."""
        for standing in work.outbox.live_posts(question.workspace_id, question.channel_id, question.message_id):
            work.outbox.retract(standing.outgoing.key, self._clock.now())

    def _mend_quotations(self, work: WorkInProgress, thread_id: int) -> None:
        """Rewrite the bot's posts that quote a thread which has changed or is gone."""
        for suggestion in work.suggestions.naming(thread_id):
            self._mend_share(work, suggestion, thread_id)
            if suggestion.draft.mode is not Mode.THREAD:
                continue
            question = suggestion.draft.question
            standing = _standing(work, question) if question else None
            if standing is None:
                continue
            confidences = dict(suggestion.draft.threads)
            threads = work.corpus.threads(confidences)
            hits = [Hit(thread, confidences[thread.id]) for thread in threads if thread.resolved]
            if hits:
                reply = self._composer.answer(work.corpus, hits, suggestion.id, standing.outgoing.reply.links)
                work.outbox.revise(standing.outgoing.key, reply, self._clock.now())
            else:
                work.outbox.retract(standing.outgoing.key, self._clock.now())

    def _mend_share(self, work: WorkInProgress, suggestion: Suggestion, thread_id: int) -> None:
        """Rewrite the card that a member shared from a search, or take it back."""
        kept = work.outbox.get(share_key(suggestion.id, thread_id))
        if kept is None or kept.state in (State.CANCELLED, State.FAILED):
            return
        threads = work.corpus.threads([thread_id])
        if not threads:
            work.outbox.retract(kept.outgoing.key, self._clock.now())
            return
        shown = work.outbox.reads(kept.outgoing.key)
        cards = self._composer.cards(work.corpus, [Hit(threads[0], 0.0)], self._composer.feedback(suggestion.id))
        if shown.cards and shown.cards[0].buttons and shown.cards != cards:
            work.outbox.revise(kept.outgoing.key, replace(shown, cards=cards), self._clock.now())


def _standing(work: WorkInProgress, question: MessageRef) -> Kept | None:
    """The bot's answer that stands, or will stand, in the question's thread."""
    posts = work.outbox.live_posts(question.workspace_id, question.channel_id, question.message_id)
    return next((kept for kept in posts if kept.outgoing.key.startswith(_key(question))), None)


def _key(question: MessageRef) -> str:
    """The outbox key, and claim, of the answer to a question."""
    return f"answer:{question.workspace_id}:{question.channel_id}:{question.message_id}"


def _draft(message: Message, verdict: Verdict) -> Draft:
    return Draft(
        workspace_id=message.ref.workspace_id,
        channel_id=message.ref.channel_id,
        root_id=message.ref.message_id,
        member_id=message.author_id,
        mode=verdict.mode,
        query=message.text,
        threads=tuple((hit.thread.id, hit.confidence) for hit in verdict.hits),
    )
