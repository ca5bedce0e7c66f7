"""The letters that tell members of waiting questions: one direct message for one question or several.

A letter is written anew when something about its questions changes: taken by somebody, answered, deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.community import Community
from bot.replies import Button, Card, Menu, Reply
from bot.replies.compose import excerpt
from bot.replies.wording.unanswered import unanswered_words
from bot.store import WorkInProgress
from bot.store.notices import Answer, Because, Notice
from bot.unanswered import Rules
from indexer.model import Audience, Thread, Visibility

LIKE_IT = 2  # resolved threads shown beside a question


class Letters:
    """Writes letters."""

    def __init__(self, community: Community, rules: Rules) -> None:
        self._composer = community.composer
        self._rules = rules
        self._now = community.clock.now
        self._words = unanswered_words(community.words.lang)

    def letter(self, work: WorkInProgress, notices: Sequence[Notice]) -> Reply:
        """What the member of these notices reads; those whose question is gone are left out."""
        words = self._words
        threads = work.corpus.opened_by([notice.question for notice in notices])
        shown = [notice for notice in notices if notice.question in threads]
        if not shown:
            return Reply(words.gone)
        audience = self._audience(work, shown[0], threads.values())
        cards: list[Card] = []
        for notice in shown:
            thread = threads[notice.question]
            if audience.may_open(thread.channel):
                cards += self._about(work, notice, thread, audience)
        others = all(notice.because is Because.WIDER for notice in shown)
        buttons = (Button("no_more", words.no_more, str(shown[0].id)),) if others and cards else ()
        hint = (words.quiet_hint,) if any(notice.because is Because.AMBASSADOR for notice in shown) else ()
        return Reply(self._opening(work, shown), tuple(cards), hint, buttons) if cards else Reply(words.gone)

    def waits(self, thread: Thread) -> bool:
        """Whether a question waits for an answer now."""
        return self._rules.waits(thread, self._now())

    def _audience(self, work: WorkInProgress, notice: Notice, threads: Iterable[Thread]) -> Audience:
        """What the reader can open; the record is asked only where that matters."""
        workspace_id = notice.question.workspace_id
        member = work.corpus.member(workspace_id, notice.member_id)
        private = any(thread.channel.visibility is Visibility.PRIVATE for thread in threads)
        if member is None or member.guest or private:
            return work.corpus.audience_of(workspace_id, notice.member_id)
        return Audience(frozenset({workspace_id}))

    def card(self, work: WorkInProgress, thread: Thread, buttons: tuple[Button, ...] = ()) -> Card:
        """A waiting question."""
        workspace = work.corpus.workspace(thread.ref.workspace_id)
        day = self._words.date.format(thread.root.posted_at.astimezone(self._composer.zone))
        asker = self._composer.name(work.corpus, thread.ref.workspace_id, thread.root.author_id)
        facts = self._words.facts.format(asker=asker, channel=thread.channel.name, date=day)
        url = workspace.permalink(thread.ref) if workspace else ""
        words = excerpt(thread.root.text)
        return Card(thread.title, url, words if words != thread.title else "", facts, buttons=buttons)

    def _opening(self, work: WorkInProgress, notices: Sequence[Notice]) -> str:
        words, first = self._words, notices[0]
        if len(notices) > 1:
            return words.told_many.format(count=len(notices))
        if first.because is Because.NAMED and first.by is not None:
            name = self._composer.name(work.corpus, first.question.workspace_id, first.by)
            return words.told_named.format(member=name)
        return words.told_wider if first.because is Because.WIDER else words.told

    def _about(self, work: WorkInProgress, notice: Notice, thread: Thread, audience: Audience) -> Iterator[Card]:
        words, value = self._words, str(notice.id)
        card = self.card(work, thread)
        held = work.notices.undertaking(thread.ref)
        if not self.waits(thread):
            yield Card(card.title, card.url, words.settled, card.facts)
            return
        if held is not None:
            name = self._composer.name(work.corpus, thread.ref.workspace_id, held.member_id)
            mine = held.member_id == notice.member_id
            told = words.taken_by_you if mine else words.taken_by.format(member=name)
            yield Card(card.title, card.url, told, card.facts)
            return
        open_still = notice.answer in (Answer.NONE, Answer.LATER)
        buttons = (
            Button("take", words.take, value, "primary"),
            Button("later", words.later, value),
            Button("not_mine", words.not_mine, value),
        )
        menus = (Menu("hand", words.hand, people=True, value=value),)
        yield Card(
            card.title,
            card.url,
            card.excerpt,
            card.facts,
            buttons=buttons if open_still else buttons[:1],
            menus=menus if open_still else (),
        )
        yield from self._like_it(work, thread, audience)

    def _like_it(self, work: WorkInProgress, thread: Thread, audience: Audience) -> Iterator[Card]:
        """The resolved threads that the bot found for the question, as far as the reader can open them."""
        suggestion = work.suggestions.of_question(thread.ref)
        if suggestion is None:
            return
        if not suggestion.draft.threads:
            return
        workspace = work.corpus.workspace(thread.ref.workspace_id)
        for found in work.corpus.threads(thread_id for thread_id, _ in suggestion.draft.threads[:LIKE_IT]):
            if found.resolved and audience.may_open(found.channel):
                url = workspace.permalink(found.ref) if workspace else ""
                yield Card(f"↳ {found.title}", url, "", self._words.similar)
