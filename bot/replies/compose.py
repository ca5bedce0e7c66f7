"""Puts hits and suggestions into words: from search results to a platform-neutral reply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo

from bot.replies.cards import Button, Card, Reply
from bot.replies.changes import Aging
from bot.replies.wording import Wording
from indexer.corpus import Corpus
from indexer.model import Hit, Member, Message, MessageRef, ResolvedBy, Thread
from indexer.municipalities import Municipalities

LONGEST_ECHO = 40  # characters of what somebody wrote that are said back
EXCERPT_LENGTH = 160  # characters; about four lines on a phone
QUERY_LENGTH = 40  # characters of a query repeated back


@dataclass(frozen=True, slots=True)
class Composer:
    """Composes replies in one language; the corpus tells who answered. `aging`: what makes an answer an old one."""

    words: Wording
    zone: tzinfo
    municipalities: Municipalities
    aging: Aging | None = None

    def answer(self, corpus: Corpus, hits: Sequence[Hit], suggestion_id: int) -> Reply:
        """The reply in the thread of a question."""
        return Reply(self.words.answer, self.cards(corpus, hits, self.feedback(suggestion_id)))

    def whisper(self, corpus: Corpus, hits: Sequence[Hit], suggestion_id: int, links: Links = ()) -> Reply:
        """The note to the asker alone; with no hits only the channels to try."""
        if not hits:
            return Reply(self.words.elsewhere_only, links=tuple(links))
        cards = self.cards(corpus, hits, self.feedback(suggestion_id, share=True))
        return replace(self.pointed(self.words.whisper, links), cards=cards)

    def pointed(self, text: str, links: Links) -> Reply:
        """A reply that closes with the channels to try."""
        return Reply(text, notes=(self.words.elsewhere,) if links else (), links=tuple(links))

    def search(self, corpus: Corpus, query: str, hits: Sequence[Hit], suggestion_id: int, *, more: str = "") -> Reply:
        """The answer to /similar; `more` is the value of the button for the next page, empty on the last."""
        shown = query if len(query) <= QUERY_LENGTH else query[: QUERY_LENGTH - 1] + "…"
        if not hits:
            return Reply(self.words.similar_none.format(query=shown))
        buttons = (Button("more", self.words.more, more),) if more else ()
        cards = self.cards(corpus, hits, self.feedback(suggestion_id, share=True, solved=False))
        return Reply(self.words.similar_found.format(query=shown), cards, buttons=buttons)

    def shared(self, corpus: Corpus, hit: Hit, suggestion_id: int, member_name: str) -> Reply:
        """One thread, shared by a member for all to see."""
        cards = self.cards(corpus, [hit], self.feedback(suggestion_id))
        return Reply(self.words.shared_by.format(member=member_name), cards)

    def feedback(self, suggestion_id: int, *, share: bool = False, solved: bool = True) -> Feedback:
        """The buttons under a card, for the thread it shows."""
        words = self.words

        def buttons(thread: Thread) -> tuple[Button, ...]:
            value = f"{suggestion_id}:{thread.id}"
            shown = [Button("helpful", words.helpful, value)]
            if solved:
                shown.append(Button("solved", words.solved, value, "primary"))
            shown.append(Button("wrong", words.wrong, value))
            if share:
                shown.append(Button("share", words.share, value))
            return tuple(shown)

        return buttons

    def cards(self, corpus: Corpus, hits: Sequence[Hit], buttons: Feedback) -> tuple[Card, ...]:
        """One card a hit."""
        return tuple(self._card(corpus, hit.thread, buttons(hit.thread)) for hit in hits)

    def _card(self, corpus: Corpus, thread: Thread, buttons: tuple[Button, ...]) -> Card:
        workspace = corpus.workspace(thread.ref.workspace_id)
        answer = thread.accepted
        when = (answer or thread.root).posted_at.astimezone(self.zone)
        many = thread.resolution is not None and thread.resolution.by is ResolvedBy.TALLY
        facts = (self.words.facts_of_many if many else self.words.facts).format(
            answerer=self.author(corpus, answer or thread.root),
            date=self.words.date.format(when),
            channel=thread.channel.name,
        )
        return Card(
            title=thread.title,
            url=workspace.permalink(thread.ref) if workspace else "",
            excerpt=excerpt(answer.text) if answer else self._no_one_answer(thread, many=many),
            facts=facts,
            caution=self.caution(thread),
            buttons=buttons,
        )

    def _no_one_answer(self, thread: Thread, *, many: bool) -> str:
        people = {reply.author_id for reply in thread.replies if reply.by_person} - {thread.root.author_id}
        return self.words.answered_by_many.format(count=len(people)) if many else self.words.no_text

    def caution(self, thread: Thread) -> str:
        """What to beware of in an answer that may be out of date, empty for others."""
        if self.aging is None or thread.accepted is None:
            return ""
        change = self.aging.change(thread)
        if change is not None:
            return self.words.old_since.format(old=self.words.old, what=change.what, date=self.day(change.since))
        return self.words.old if self.aging.old(thread) else ""

    def day(self, day: date) -> str:
        """A day in words."""
        return self.words.date.format(datetime(day.year, day.month, day.day, tzinfo=self.zone))

    def ago(self, moment: datetime, now: datetime) -> str:
        """How many days ago a moment was, as people say it."""
        days = (now.astimezone(self.zone).date() - moment.astimezone(self.zone).date()).days
        if days <= 0:
            return self.words.today
        return self.words.yesterday if days == 1 else self.words.days_ago.format(days=days)

    def author(self, corpus: Corpus, message: Message) -> str:
        """How a message's author is called; an integration that told no name is called what it is."""
        name = self.name(corpus, message.ref.workspace_id, message.author_id)
        return name if message.by_person or name != message.author_id else self.words.integration

    def name(self, corpus: Corpus, workspace_id: str, member_id: str) -> str:
        """How a member is called: the display name, with their municipality where the name does not tell it."""
        return self.named(corpus.member(workspace_id, member_id), member_id)

    def named(self, member: Member | None, member_id: str) -> str:
        """Likewise for a member who was read already, None where there is none of this id."""
        if member is None:
            return member_id
        place = self.municipalities.by_code.get(member.municipality or "")
        if place is None or place.name in member.display_name:
            return member.display_name
        return f"{member.display_name}({place.name})"


BY_REF = "q:"  # begins the value of a button that names its question by channel and message


def take_button(ref: MessageRef, label: str) -> Button:
    """「担当します」 on a question that the reader was not told of by a letter: in lists, the home page, the digest."""
    return Button("take", label, f"{BY_REF}{ref.channel_id}:{ref.message_id}", "primary")


Links = Sequence[tuple[str, str]]
Feedback = Callable[[Thread], tuple[Button, ...]]


def excerpt(text: str) -> str:
    """The beginning of an answer on few lines, cut at a sentence where one ends late enough."""
    plain = " ".join(text.split())
    if len(plain) <= EXCERPT_LENGTH:
        return plain
    cut = plain[:EXCERPT_LENGTH]
    end = max(cut.rfind("。"), cut.rfind("！"), cut.rfind("？"))
    return cut[: end + 1] if end >= EXCERPT_LENGTH // 2 else cut[:-1] + "…"


def said_back(text: str) -> str:
    """What somebody wrote, as far as it fits a sentence about it."""
    return text if len(text) <= LONGEST_ECHO else text[: LONGEST_ECHO - 1] + "…"


def without_card(reply: Reply, value: str) -> Reply:
    """The reply less the card whose buttons carry `value`."""
    left = tuple(card for card in reply.cards if all(button.value != value for button in card.buttons))
    return replace(reply, cards=left)


def settled(reply: Reply, note: str) -> Reply:
    """The reply once the question is solved: `note` instead of buttons and of other channels to try."""
    cards = tuple(replace(card, buttons=()) for card in reply.cards)
    return replace(reply, cards=cards, buttons=(), notes=(note,), links=())
