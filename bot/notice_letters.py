"""The letters that tell members of waiting questions: one direct message for one question or several.

A letter is written anew when something about its questions changes: taken by somebody, answered, deleted. All letters
to be written at one moment are written from one reading of the record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.community import Community
from bot.crosspost import joined
from bot.replies import Button, Card, Menu, Reply
from bot.replies.compose import excerpt
from bot.replies.wording.unanswered import unanswered_words
from bot.store import WorkInProgress
from bot.store.notices import Answer, Because, Notice, Undertaking
from bot.unanswered import Rules
from bot.waiting import Waiting
from indexer.model import Audience, Member, MessageRef, Thread, Visibility, Workspace

# Said to a notice of a question that waits: all can still be said. One that was settled may wait again.
OPEN = (Answer.NONE, Answer.LATER, Answer.SETTLED)
LIKE_IT = 2  # resolved threads shown beside a question


@dataclass(frozen=True, slots=True)
class Reading:
    """What letters tell, as the record has it. `like`: the resolved threads that the bot found for a question."""

    workspace_id: str
    workspace: Workspace | None
    told: Mapping[str, Sequence[Notice]]  # by letters' keys
    threads: Mapping[MessageRef, Thread]
    waiting: frozenset[MessageRef]
    members: Mapping[str, Member]
    held: Mapping[MessageRef, Undertaking]
    like: Mapping[MessageRef, Sequence[Thread]]
    own_rooms: Mapping[str, Audience]  # of readers for whom the record had to be asked

    def audience(self, member_id: str) -> Audience:
        """What a reader can open."""
        return self.own_rooms.get(member_id) or Audience(frozenset({self.workspace_id}))

    def link(self, thread: Thread) -> str:
        """Where a thread is read."""
        return self.workspace.permalink(thread.ref) if self.workspace else ""


class Letters:
    """Writes letters."""

    def __init__(self, community: Community, rules: Rules) -> None:
        self._composer = community.composer
        self._rules = rules
        self._now = community.clock.now
        self._words = unanswered_words(community.words.lang)

    def read(
        self, work: WorkInProgress, workspace_id: str, keys: Collection[str], watch: Waiting | None = None
    ) -> Reading:
        """What the letters of these keys tell. `watch`: as of this transaction, spares it what is known."""
        told = work.notices.under(keys)
        notices = [notice for of_letter in told.values() for notice in of_letter]
        questions = dict.fromkeys(notice.question for notice in notices)
        found = {ref: thread for ref in questions if watch and (thread := watch.thread(ref)) is not None}
        found |= work.corpus.opened_by([ref for ref in questions if ref not in found])
        threads = joined(work, found.values())
        waiting = [ref for ref, thread in threads.items() if self.waits(thread)]
        held = work.notices.held(workspace_id, waiting)
        shown = {ref: ids[:LIKE_IT] for ref, ids in work.suggestions.shown_for(workspace_id, waiting).items()}
        like = {thread.id: thread for thread in work.corpus.threads({one for ids in shown.values() for one in ids})}
        readers = {notice.member_id for notice in notices}
        named = {notice.by for notice in notices if notice.by is not None}
        askers = {thread.root.author_id for thread in threads.values()}
        takers = {one.member_id for one in held.values()}
        concerned = readers | named | askers | takers
        if watch is not None:
            members = watch.people.members(work, concerned)
        else:
            members = {one.id: one for one in work.corpus.members(workspace_id, concerned)}
        return Reading(
            workspace_id,
            work.corpus.workspace(workspace_id),
            told,
            threads,
            frozenset(waiting),
            members,
            held,
            {ref: [like[one] for one in ids if one in like and like[one].resolved] for ref, ids in shown.items()},
            self._own_rooms(work, workspace_id, notices, threads, members),
        )

    def written(self, reading: Reading, keys: Collection[str]) -> dict[str, Reply]:
        """What is to be read in the letters of these keys, in their order."""
        return {key: self._letter(reading, reading.told.get(key, ())) for key in keys}

    def waits(self, thread: Thread) -> bool:
        """Whether a question waits for an answer now."""
        return self._rules.waits(thread, self._now())

    def card(self, work: WorkInProgress, thread: Thread, buttons: tuple[Button, ...] = ()) -> Card:
        """A waiting question."""
        workspace = work.corpus.workspace(thread.ref.workspace_id)
        asker = self._composer.name(work.corpus, thread.ref.workspace_id, thread.root.author_id)
        return self._card(thread, workspace.permalink(thread.ref) if workspace else "", asker, buttons)

    def _own_rooms(
        self,
        work: WorkInProgress,
        workspace_id: str,
        notices: Iterable[Notice],
        threads: Mapping[MessageRef, Thread],
        members: Mapping[str, Member],
    ) -> dict[str, Audience]:
        """What those readers can open for whom it matters: guests, and whoever is told of a private channel."""

        def matters(notice: Notice) -> bool:
            thread, reader = threads.get(notice.question), members.get(notice.member_id)
            private = thread is not None and thread.channel.visibility is Visibility.PRIVATE
            return reader is None or reader.guest or private

        asked = dict.fromkeys(notice.member_id for notice in notices if matters(notice))
        return {member_id: work.corpus.audience_of(workspace_id, member_id) for member_id in asked}

    def _letter(self, reading: Reading, notices: Sequence[Notice]) -> Reply:
        """What the member of these notices reads; those whose question is gone are left out."""
        words = self._words
        shown = [notice for notice in notices if notice.question in reading.threads]
        audience = reading.audience(shown[0].member_id) if shown else Audience(frozenset())
        cards: list[Card] = []
        for notice in shown:
            thread = reading.threads[notice.question]
            if audience.may_open(thread.channel):
                cards += self._about(reading, notice, thread, audience)
        others = all(notice.because is Because.WIDER for notice in shown)
        buttons = (Button("no_more", words.no_more, str(shown[0].id)),) if others and cards else ()
        hint = (words.quiet_hint,) if any(notice.because is Because.AMBASSADOR for notice in shown) else ()
        return Reply(self._opening(reading, shown), tuple(cards), hint, buttons) if cards else Reply(words.gone)

    def _card(self, thread: Thread, url: str, asker: str, buttons: tuple[Button, ...] = ()) -> Card:
        day = self._words.date.format(thread.root.posted_at.astimezone(self._composer.zone))
        facts = self._words.facts.format(asker=asker, channel=thread.channel.name, date=day)
        return Card(thread.title, url, _beyond(thread.title, excerpt(thread.root.text)), facts, buttons=buttons)

    def _opening(self, reading: Reading, notices: Sequence[Notice]) -> str:
        words, first = self._words, notices[0]
        if len(notices) > 1:
            return words.told_many.format(count=len(notices))
        if first.because is Because.NAMED and first.by is not None:
            return words.told_named.format(member=self._name(reading, first.by))
        return words.told_wider if first.because is Because.WIDER else words.told

    def _about(self, reading: Reading, notice: Notice, thread: Thread, audience: Audience) -> Iterator[Card]:
        words = self._words
        card = self._card(thread, reading.link(thread), self._name(reading, thread.root.author_id))
        if thread.ref not in reading.waiting:
            yield Card(card.title, card.url, words.settled, card.facts)
            return
        held = reading.held.get(thread.ref)
        if held is not None:
            mine = held.member_id == notice.member_id
            told = words.taken_by_you if mine else words.taken_by.format(member=self._name(reading, held.member_id))
            yield Card(card.title, card.url, told, card.facts)
            return
        said = {
            Answer.LATER: words.put_off,
            Answer.TAKEN: words.lapsed,
            Answer.NOT_MINE: words.was_not_mine,
            Answer.NAMED: words.was_handed,
        }
        yield replace(
            card,
            excerpt=said.get(notice.answer, card.excerpt),
            buttons=self._buttons(notice),
            menus=self._menus(notice),
        )
        for found in reading.like.get(thread.ref, ()):
            if audience.may_open(found.channel):
                yield Card(f"↳ {found.title}", reading.link(found), "", words.similar)

    def _buttons(self, notice: Notice) -> tuple[Button, ...]:
        """What a member can still say to a notice."""
        words, value = self._words, str(notice.id)
        take, later = Button("take", words.take, value, "primary"), Button("later", words.later, value)
        if notice.answer not in OPEN:
            return (take,)
        not_mine = Button("not_mine", words.not_mine, value)
        return (take, not_mine) if notice.answer is Answer.LATER else (take, later, not_mine)

    def _menus(self, notice: Notice) -> tuple[Menu, ...]:
        hand = Menu("hand", self._words.hand, people=True, value=str(notice.id))
        return (hand,) if notice.answer in OPEN else ()

    def _name(self, reading: Reading, member_id: str) -> str:
        return self._composer.named(reading.members.get(member_id), member_id)


def _beyond(title: str, words: str) -> str:
    """What a question's opening words tell beyond its title: nothing is read twice."""
    said = title.removesuffix("…")
    if not words.startswith(said):
        return words
    left = words.removeprefix(said).strip()
    return f"…{left}" if left and said != title else left
