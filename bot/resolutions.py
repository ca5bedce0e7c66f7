"""Resolved or not: what members declare by buttons and commands.

Reactions and the asker's own words need nothing here: the corpus reads them from the messages themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.community import Community
from bot.mending import Mending
from bot.replies import Button, Card, Reply
from bot.replies.compose import settled, without_card
from bot.similar import Place
from bot.store import WorkInProgress
from bot.store.suggestions import Label, Mode, Suggestion
from indexer.model import Mark, MarkKind, MessageRef, Thread

OPEN_DAYS = 90  # how far back `/kyoso resolved` looks for the member's own open questions
MOST_CHOICES = 5


class Resolutions:
    """Takes members' word on suggestions and on their own questions."""

    def __init__(self, community: Community, mending: Mending) -> None:
        self._mending = mending
        self._unit = community.unit
        self._map = community.channel_map
        self._composer = community.composer
        self._clock = community.clock

    def helpful(self, place: Place, suggestion_id: int, thread_id: int) -> Reply:
        """Somebody found a suggested thread helpful."""
        return self._label(place, suggestion_id, thread_id, Label.HELPFUL)

    def wrong(self, place: Place, suggestion_id: int, thread_id: int) -> Reply:
        """Somebody found a suggested thread beside the point; the asker's word takes it off the answer."""
        with self._unit.begin() as work:
            suggestion = work.suggestions.get(suggestion_id)
            if suggestion is None:
                return Reply(self._composer.words.gone)
            work.suggestions.label(suggestion_id, thread_id, place.member_id, Label.WRONG, self._clock.now())
            if self._may_decide(work, place, suggestion):
                self._drop(work, suggestion, thread_id)
                return self._dropped(work, place, suggestion)
        return Reply(self._composer.words.thanks_helpful)

    def solved(self, place: Place, suggestion_id: int, thread_id: int) -> Reply:
        """A suggested thread solved the question; from the asker (or an ambassador, an operator) it resolves it."""
        with self._unit.begin() as work:
            suggestion = work.suggestions.get(suggestion_id)
            if suggestion is None or suggestion.draft.question is None:
                return Reply(self._composer.words.gone)
            decides = self._may_decide(work, place, suggestion)
            label = Label.SOLVED if decides else Label.HELPFUL
            work.suggestions.label(suggestion_id, thread_id, place.member_id, label, self._clock.now())
            if not decides:
                return Reply(self._composer.words.only_asker)
            self._resolve(work, suggestion.draft.question, place.member_id)
            return self._solved(work, place, suggestion)

    def resolve(self, place: Place, root_id: str) -> Reply:
        """The asker, an ambassador or an operator marks one question as resolved."""
        question = MessageRef(place.workspace_id, place.channel_id, root_id)
        with self._unit.begin() as work:
            thread = work.corpus.thread(question)
            if thread is None:
                return Reply(self._composer.words.gone)
            if place.member_id != thread.root.author_id and not self._trusted(place, thread.channel.name):
                return Reply(self._composer.words.only_asker)
            self._resolve(work, question, place.member_id)
        return Reply(self._composer.words.resolved_now.format(title=thread.title))

    def choose(self, place: Place, root_id: str) -> Reply:
        """One of the questions of `/kyoso resolved` was chosen; the others may be chosen still."""
        said, others = self.resolve(place, root_id), self._open(place)
        return replace(said, cards=self._choices(others), instead=True)

    def resolve_own(self, place: Place) -> Reply:
        """`/kyoso resolved`: the member's one open question in this channel, or a choice where there are several."""
        words = self._composer.words
        own = self._open(place)
        if not own:
            return Reply(words.resolved_none)
        if len(own) == 1:
            return self.resolve(place, own[0].ref.message_id)
        return Reply(words.resolved_which, self._choices(own))

    def _open(self, place: Place) -> list[Thread]:
        """The member's open questions in this channel, the oldest first."""
        since = self._clock.now() - timedelta(days=OPEN_DAYS)
        with self._unit.read() as work:
            recent = work.corpus.recent_threads(place.workspace_id, since, place.channel_id)
        return [thread for thread in recent if thread.root.author_id == place.member_id and not thread.resolved]

    def _choices(self, own: Sequence[Thread]) -> tuple[Card, ...]:
        return tuple(self._choice(thread) for thread in own[: -MOST_CHOICES - 1 : -1])

    def _choice(self, thread: Thread) -> Card:
        day = self._composer.words.date.format(thread.root.posted_at.astimezone(self._composer.zone))
        button = Button("resolve", self._composer.words.resolve_this, thread.ref.message_id, "primary")
        return Card(thread.title, "", "", day, buttons=(button,))

    def _label(self, place: Place, suggestion_id: int, thread_id: int, label: Label) -> Reply:
        with self._unit.begin() as work:
            if work.suggestions.get(suggestion_id) is None:
                return Reply(self._composer.words.gone)
            work.suggestions.label(suggestion_id, thread_id, place.member_id, label, self._clock.now())
        return Reply(self._composer.words.thanks_helpful)

    def _may_decide(self, work: WorkInProgress, place: Place, suggestion: Suggestion) -> bool:
        if place.member_id == suggestion.draft.member_id:
            return True
        room = work.corpus.channel(place.workspace_id, suggestion.draft.channel_id)
        return room is not None and self._trusted(place, room.name)

    def _trusted(self, place: Place, channel_name: str) -> bool:
        entry = self._map.named(channel_name)
        ambassadors = entry.ambassadors if entry else ()
        return place.member_id in self._map.operators or place.member_id in ambassadors

    def _solved(self, work: WorkInProgress, place: Place, suggestion: Suggestion) -> Reply:
        """The thanks for a question that is solved; what its asker was told alone is settled with them."""
        thanks = self._composer.words.thanks_solved
        whispered = self._whispered(work, place, suggestion)
        return settled(whispered, thanks) if whispered is not None else Reply(thanks)

    def _dropped(self, work: WorkInProgress, place: Place, suggestion: Suggestion) -> Reply:
        """The thanks for what was beside the point; what its asker was told alone reads without it."""
        thanks = self._composer.words.thanks_wrong
        whispered = self._whispered(work, place, suggestion)
        if whispered is None or not whispered.cards:
            return replace(whispered or Reply(""), text=thanks)
        return replace(whispered, notes=(thanks, *whispered.notes))

    def _whispered(self, work: WorkInProgress, place: Place, suggestion: Suggestion) -> Reply | None:
        question = suggestion.draft.question
        if (
            question is None
            or suggestion.draft.mode is not Mode.WHISPER
            or place.member_id != suggestion.draft.member_id
        ):
            return None
        return self._mending.whispered(work, question)

    def _resolve(self, work: WorkInProgress, question: MessageRef, member_id: str) -> None:
        now = self._clock.now()
        work.corpus.mark(question, Mark(MarkKind.RESOLVED, member_id, now))
        thread = work.corpus.thread(question)
        if thread is not None:
            self._mending.mend(work, thread.id, thread.ref)
        for standing in work.outbox.live_posts(question.workspace_id, question.channel_id, question.message_id):
            reply = settled(work.outbox.reads(standing.outgoing.key), self._composer.words.marked_solved)
            work.outbox.revise(standing.outgoing.key, reply, now)

    def _drop(self, work: WorkInProgress, suggestion: Suggestion, thread_id: int) -> None:
        question = suggestion.draft.question
        if question is None:
            return
        now = self._clock.now()
        work.suggestions.unname(suggestion.id, thread_id)
        for standing in work.outbox.live_posts(question.workspace_id, question.channel_id, question.message_id):
            before = work.outbox.reads(standing.outgoing.key)
            left = without_card(before, f"{suggestion.id}:{thread_id}")
            if left == before:
                continue
            if any(card.buttons for card in left.cards):
                work.outbox.revise(standing.outgoing.key, left, now)
            else:
                work.outbox.retract(standing.outgoing.key, now)
