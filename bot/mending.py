"""Keeps true what the bot's standing posts tell of a thread: when it is edited, deleted, resolved or reopened.

A suggested thread that was reopened leaves the answer; a discussion elsewhere that was resolved becomes an answer.
"""

from __future__ import annotations

from dataclasses import replace

from bot.community import Community
from bot.crosspost import Crossposts, crossposted
from bot.elsewhere import SURE, Elsewhere
from bot.replies import Card, Reply
from bot.replies.compose import settled
from bot.similar import share_key
from bot.store import WorkInProgress
from bot.store.outbox import Delivery, Kept, Outgoing, State
from bot.store.suggestions import Mode, Suggestion
from indexer.model import Hit, MessageRef


class Mending:
    """Mends answers, shared threads and notes in other channels."""

    def __init__(self, community: Community) -> None:
        self._unit = community.unit
        self._composer = community.composer
        self._clock = community.clock
        self._crossposts = Crossposts(community)
        self._elsewhere = Elsewhere(community)

    def follow(self, ref: MessageRef) -> None:
        """Something was said or done in the thread of this message."""
        with self._unit.read() as work:
            thread = work.corpus.thread(ref)
            if thread is None or not (work.suggestions.naming(thread.id) or crossposted(work, thread.ref)):
                return
        with self._unit.begin() as work:
            self.mend(work, thread.id, thread.ref)

    def mend(self, work: WorkInProgress, thread_id: int, root: MessageRef) -> None:
        """Bring what tells of a thread up to date with the record."""
        for suggestion in work.suggestions.naming(thread_id):
            self._mend_share(work, suggestion, thread_id)
            question = suggestion.draft.question
            if question is not None and suggestion.draft.mode is Mode.THREAD:
                self._mend_answer(work, suggestion, question)
        self._crossposts.mend(work, root)

    def whispered(self, work: WorkInProgress, question: MessageRef) -> Reply | None:
        """What its asker was told of a question alone, as it is to read by now; None where nothing was."""
        said = _whisper(work, question)
        if said is None:
            return None
        suggestion = work.suggestions.of_question(question)
        found = self._cards(work, suggestion, question, share=True) if suggestion and said.reply.cards else ()
        reply = replace(said.reply, cards=found, instead=True)
        known = self._crossposts.told(work, question)
        return replace(reply, notes=known.notes, links=known.links, buttons=()) if known is not None else reply

    def _mend_answer(self, work: WorkInProgress, suggestion: Suggestion, question: MessageRef) -> None:
        standing = standing_answer(work, question)
        if standing is None:
            return
        key, now = standing.outgoing.key, self._clock.now()
        before, reply = work.outbox.reads(key), self._answer(work, suggestion, question)
        if reply is None:
            work.outbox.retract(key, now)
            return
        solved = self._composer.words.marked_solved
        if solved in before.notes:
            reply = settled(reply, solved)
        if reply != before:
            work.outbox.revise(key, reply, now)

    def _answer(self, work: WorkInProgress, suggestion: Suggestion, question: MessageRef) -> Reply | None:
        """The answer as the threads it names now stand; None where none is left."""
        cards = self._cards(work, suggestion, question)
        answered = any(card.buttons for card in cards)
        return Reply(self._composer.words.answer if answered else self._elsewhere.alone, cards) if cards else None

    def _cards(
        self, work: WorkInProgress, suggestion: Suggestion, question: MessageRef, *, share: bool = False
    ) -> tuple[Card, ...]:
        """The threads that a suggestion names, as they now stand: resolved ones, and one in which it is discussed."""
        confidences = dict(suggestion.draft.threads)
        threads = work.corpus.threads(confidences)
        hits = [Hit(thread, confidences[thread.id]) for thread in threads if thread.resolved]
        sure = (thread for thread in threads if confidences[thread.id] >= SURE)
        discussed = next((thread for thread in sure if self._elsewhere.open(thread, question)), None)
        cards = self._composer.cards(work.corpus, hits, self._composer.feedback(suggestion.id, share=share))
        return cards if discussed is None else (*cards, self._elsewhere.card(work.corpus, discussed))

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


def standing_answer(work: WorkInProgress, question: MessageRef) -> Kept | None:
    """The bot's answer that stands, or will stand, in the question's thread."""
    posts = work.outbox.live_posts(question.workspace_id, question.channel_id, question.message_id)
    return next((kept for kept in posts if kept.outgoing.key.startswith(answer_key(question))), None)


def _whisper(work: WorkInProgress, question: MessageRef) -> Outgoing | None:
    """What the bot said to a question's asker alone: an answer, or beside one for all to see an offer."""
    kept = (work.outbox.get(key) for key in (answer_key(question), offer_key(question)))
    return next((one.outgoing for one in kept if one and one.outgoing.kind is Delivery.WHISPER), None)


def offer_key(question: MessageRef) -> str:
    """The outbox key of what is offered to the asker beside an answer for all to see."""
    return f"offer:{answer_key(question)}"


def answer_key(question: MessageRef) -> str:
    """The outbox key, and claim, of the answer to a question."""
    return f"answer:{question.workspace_id}:{question.channel_id}:{question.message_id}"
