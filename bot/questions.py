"""A new question: is it one, has it been answered before, and where, and does it belong elsewhere?

`answer` is the middle of a question's way: claim → record → search → route → compose → outbox. `renew` follows edits of
the question, `withdraw` its deletion; both also mend answers elsewhere that quote the message.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.community import Community
from bot.post_kinds import PostKind, kind_of
from bot.routing import Router
from bot.store import WorkInProgress
from bot.store.outbox import Delivery, Kept, Outgoing
from bot.store.suggestions import Draft, Mode, Suggestion
from indexer.channel_map import Policy
from indexer.model import Audience, Channel, Hit, Member, Message, MessageRef, Query, room_audience

MOST_CARDS = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the bot would say to a question: how loudly, which threads, which other channels."""

    mode: Mode
    hits: tuple[Hit, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


class Questions:
    """Answers questions with the resolved threads like them."""

    def __init__(self, community: Community, router: Router) -> None:
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
            thread = work.corpus.thread(message.ref)
            if thread is None or thread.root.ref != message.ref:  # deleted before the bot came to it
                return
            asker = work.corpus.member(message.ref.workspace_id, message.author_id)
            if not self._to_answer(thread.root, thread.channel, asker):
                return
            if not work.claims.take(_key(message.ref), self._clock.now()):
                return
            verdict = self._judge(work, thread.root, thread.channel, asker)
            self._say(work, thread.root, verdict)

    def renew(self, message: Message) -> None:
        """Record an edited message, and bring what was said on it, or quoted from it, up to date."""
        with self._unit.begin() as work:
            work.corpus.record([message], message.edited_at or message.posted_at, with_reactions=False)
            thread = work.corpus.thread(message.ref)
            if thread is None:
                return
            self._mend_quotations(work, thread.id)
            suggestion = work.suggestions.of_question(message.ref)
            if suggestion is None or thread.resolved:
                return
            asker = work.corpus.member(message.ref.workspace_id, message.author_id)
            if suggestion.draft.query == thread.root.text:
                return
            verdict = (
                self._judge(work, thread.root, thread.channel, asker)
                if self._to_answer(thread.root, thread.channel, asker)
                else Verdict(Mode.SILENT)
            )
            self._say_again(work, suggestion, thread.root, verdict)

    def withdraw(self, ref: MessageRef, at: datetime) -> None:
        """Forget a deleted message and everything that was said on it or quoted from it."""
        with self._unit.begin() as work:
            thread = work.corpus.thread(ref)
            if not work.corpus.delete(ref, at):
                return
            if thread is not None:
                self._mend_quotations(work, thread.id)
            suggestion = work.suggestions.of_question(ref)
            if suggestion is not None:
                work.suggestions.forget(suggestion.id)
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

    def _judge(self, work: WorkInProgress, message: Message, channel: Channel, asker: Member | None) -> Verdict:
        """Decide between thread, whisper and silence from the confidence of what is found."""
        query = Query(
            message.text,
            self.audience(work, channel, asker),
            k=MOST_CARDS,
            municipality=asker.municipality if asker else None,
            exclude=message.ref,
        )
        hits = tuple(hit for hit in self._search.similar(query) if hit.confidence >= self._map.thresholds.whisper)
        links = self._router.links(work.corpus, message.text, channel)
        if not hits:
            return Verdict(Mode.WHISPER if links else Mode.SILENT, (), links)
        loud = hits[0].confidence >= self._map.thresholds.thread and self._map.policy(channel.name) is Policy.THREAD
        return Verdict(Mode.THREAD if loud else Mode.WHISPER, hits, links)

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
        standing = _standing(work, question)
        if standing is not None:
            work.outbox.retract(standing.outgoing.key, self._clock.now())

    def _mend_quotations(self, work: WorkInProgress, thread_id: int) -> None:
        """Rewrite the bot's posts that quote a thread which has changed or is gone."""
        for suggestion in work.suggestions.naming(thread_id):
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


def _standing(work: WorkInProgress, question: MessageRef) -> Kept | None:
    """The bot's answer that stands, or will stand, in the question's thread."""
    return work.outbox.live_post(question.workspace_id, question.channel_id, question.message_id)


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
