"""What members say to a waiting question (担当します, 後で, 自分の分野ではない, この人が詳しい); `/kyoso unanswered`.

A question is one member's at a time: the first to press has it, and its thread says quietly that an answer is being
prepared.
"""

from __future__ import annotations

from dataclasses import replace

from bot.care import Care, taking_key
from bot.community import Community
from bot.crosspost import joined
from bot.events import Pressed, whole_number
from bot.people import NO_MORE
from bot.replies import Button, Reply
from bot.replies.compose import BY_REF, take_button
from bot.replies.wording.unanswered import unanswered_words
from bot.similar import Place
from bot.store import WorkInProgress
from bot.store.notices import Answer, Because, Notice
from bot.store.outbox import Delivery, Outgoing
from indexer.model import Member, MessageRef, Thread

MOST_LISTED = 5


class Undertakings:
    """Takes members' answers to letters, and shows what waits."""

    def __init__(self, community: Community, care: Care) -> None:
        self._unit = community.unit
        self._composer = community.composer
        self._clock = community.clock
        self._care = care
        self._words = unanswered_words(community.words.lang)

    def take(self, event: Pressed) -> Reply:
        """The member takes a question on, unless somebody was first."""
        now = self._clock.now()
        with self._unit.begin() as work:
            notice = self._notice(work, event)
            if notice is not None and notice.member_id != event.member_id:
                return Reply(self._words.not_yours)
            thread = self._thread(work, event, notice)
            if thread is None:
                return Reply(self._words.gone)
            if thread.root.author_id == event.member_id:
                return Reply(self._words.own_question)
            if not self._waits(work, thread):
                return Reply(self._words.settled_already)
            held = work.notices.take(thread.ref, event.member_id, now)
            name = self._composer.name(work.corpus, event.workspace_id, held.member_id)
            if held.member_id != event.member_id:
                return Reply(self._words.taken_already.format(member=name))
            if notice is not None:
                work.notices.answer(notice.id, Answer.TAKEN, now)
            ref, said = thread.ref, Reply(self._words.in_thread.format(member=name))
            work.outbox.put(
                Outgoing(taking_key(held), ref.workspace_id, Delivery.POST, said, ref.channel_id, ref.message_id), now
            )
        return Reply(self._words.took)

    def take_listed(self, event: Pressed) -> Reply:
        """「担当します」 in the list of `/kyoso unanswered`, which is shown anew with what came of it."""
        said = self.take(event)
        left = self.listed(Place(event.workspace_id, event.channel_id, event.member_id))
        return replace(left, text=f"{said.text}\n\n{left.text}", instead=True)

    def later(self, event: Pressed) -> Reply:
        """The member is told once more, on the next working day."""
        return self._answered(event, Answer.LATER, self._words.snoozed)

    def not_mine(self, event: Pressed) -> Reply:
        """Not the member's field: another is told, and they hear less of it."""
        return self._answered(event, Answer.NOT_MINE, self._words.declined)

    def no_more(self, event: Pressed) -> Reply:
        """Somebody who never offered to be told wants to be told no more."""
        with self._unit.begin() as work:
            work.preferences.set(event.workspace_id, event.member_id, NO_MORE, "1")
        return Reply(self._words.no_more_done)

    def hand(self, event: Pressed) -> Reply:
        """The member names somebody who knows; that person is told when they are at work."""
        words, now = self._words, self._clock.now()
        with self._unit.begin() as work:
            notice = self._notice(work, event)
            if notice is not None and notice.member_id != event.member_id:
                return Reply(words.not_yours)
            thread = self._thread(work, event, notice)
            if notice is None or thread is None:
                return Reply(words.gone)
            if not self._care.letters.waits(joined(work, [thread])[thread.ref]):
                return Reply(words.settled_already)
            held = work.notices.undertaking(thread.ref)
            if held is not None and held.member_id != event.member_id:
                name = self._composer.name(work.corpus, event.workspace_id, held.member_id)
                return Reply(words.taken_already.format(member=name))
            named = work.corpus.member(event.workspace_id, event.chosen)
            if named is None or named.deleted or named.bot or named.id in (thread.root.author_id, event.member_id):
                return Reply(words.handed_nobody)
            said = self._handed(work, notice, thread, named)
            if said == words.handed:
                work.notices.answer(notice.id, Answer.NAMED, now)
            return Reply(said.format(member=self._composer.name(work.corpus, event.workspace_id, named.id)))

    def _handed(self, work: WorkInProgress, notice: Notice, thread: Thread, named: Member) -> str:
        """Put the question down for whom a member named; what that member reads, the name still left out."""
        if not work.corpus.audience_of(named.workspace_id, named.id).may_open(thread.channel):
            return self._words.handed_cannot_see
        now = self._clock.now()
        added = work.notices.add(thread.ref, named.id, Because.NAMED, notice.topic, now, by=notice.member_id)
        return self._words.handed if added is not None else self._words.handed_already

    def listed(self, place: Place, _rest: str = "") -> Reply:
        """`/kyoso unanswered`: the questions that wait and that the member can open."""
        words = self._words
        waiting = self._care.waiting(place.workspace_id, place.member_id)
        if not waiting:
            return Reply(words.nothing_waits)
        with self._unit.read() as work:
            cards = tuple(
                self._care.letters.card(work, thread, (_listed_button(thread.ref, words.take),))
                for thread, _ in waiting[:MOST_LISTED]
            )
        left = len(waiting) - len(cards)
        return Reply(words.waiting, cards, (words.more_wait.format(count=left),) if left else ())

    def _answered(self, event: Pressed, answer: Answer, said: str) -> Reply:
        with self._unit.begin() as work:
            notice = self._notice(work, event)
            if notice is None:
                return Reply(self._words.gone)
            if notice.member_id != event.member_id:
                return Reply(self._words.not_yours)
            asked = work.corpus.thread(notice.question) if notice.answer is Answer.SETTLED else None
            if notice.answer is Answer.SETTLED and (asked is None or not self._waits(work, asked)):
                return Reply(self._words.settled_already)
            work.notices.answer(notice.id, answer, self._clock.now())
        return Reply(said)

    def _waits(self, work: WorkInProgress, question: Thread) -> bool:
        return self._care.letters.waits(joined(work, [question])[question.ref])

    def _notice(self, work: WorkInProgress, event: Pressed) -> Notice | None:
        number = whole_number(event.value)
        return work.notices.get(number) if number is not None else None

    def _thread(self, work: WorkInProgress, event: Pressed, notice: Notice | None) -> Thread | None:
        """The question that a button is about, if it stands and its presser can open it."""
        ref = notice.question if notice is not None else _ref(event)
        thread = work.corpus.thread(ref) if ref is not None else None
        if thread is None or thread.channel.archived:
            return None
        audience = work.corpus.audience_of(event.workspace_id, event.member_id)
        return thread if audience.may_open(thread.channel) else None


def _listed_button(ref: MessageRef, label: str) -> Button:
    return replace(take_button(ref, label), action="take-listed")


def _ref(event: Pressed) -> MessageRef | None:
    channel_id, colon, message_id = event.value.removeprefix(BY_REF).partition(":")
    return MessageRef(event.workspace_id, channel_id, message_id) if colon else None
