"""The middle: the open channel's composer, a few questions to try, and its threads, newest first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from nicegui import ui

from bot.platforms.console import parts
from bot.platforms.console.cards import Cards
from bot.platforms.console.composer import Composer, Send
from bot.platforms.console.notes import NoteActs, draw_note
from bot.platforms.console.parts import Act
from bot.platforms.console.people import face, name, reactions
from bot.platforms.console.rooms import HOME, Post, Room, Row
from bot.platforms.console.sight import ChannelSight
from bot.platforms.console.state import Note
from bot.platforms.console.wording import ConsoleWording
from indexer.channel_map import Policy
from indexer.model import MessageRef

LEAD = 200  # characters of a post in the list; three lines hold fewer

# Questions to try, in words of their own: the first three have been answered in the sample community, the last has not.
EXAMPLES = (
    "人口8千人ほどの町です。書かない窓口を入れるほどの規模でしょうか。費用に見合った町はありますか？",
    "標準化の切替のあと、住基の画面が1つ進むのに10秒かかります。どこから切り分ければよいですか？",
    "避難所の受付をマイナンバーカードでやってみたいです。訓練で紙より速くなった例はありますか？",
    "議会のネット中継の休憩中に流すBGM、著作権の手続きはどうしていますか？",
)


@dataclass(frozen=True, slots=True)
class TimelineActs(NoteActs):
    """What a member can do here."""

    ask: Send
    example: Callable[[str], Act]
    open_thread: Callable[[str], Act]
    older: Act


class Timeline:
    """Draws a channel; only what changed is drawn again."""

    def __init__(self, words: ConsoleWording, cards: Cards, acts: TimelineActs) -> None:
        self._words = words
        self._cards = cards
        self._acts = acts
        self._drawn: ChannelSight | None = None
        self._rows: dict[MessageRef, tuple[Row, ui.element]] = {}
        with parts.box("main", "main"):
            with parts.box("title-bar"):
                self._title = parts.text("", tag="h1")
                self._policy = parts.text("", "policy")
            with parts.box("ask"):
                self._composer = Composer("", words.post, f"{words.send_key} ・ {words.commands_hint}", acts.ask, "ask")
            with parts.box("scroll") as self._scroll:
                self._notes = parts.box(aria_live="polite")
                self._examples = self._draw_examples()
                self._fleeting = parts.box()
                self._list = parts.box(aria_label=words.threads)
                self._empty = parts.text(words.nothing_here, "empty", "p")
                self._older = parts.button(words.older, acts.older, mark="older")

    def forget(self) -> None:
        """What is shown reads otherwise by now: draw it all anew."""
        self._drawn = None
        for _, element in self._rows.values():
            element.delete()
        self._rows.clear()

    def draw(self, sight: ChannelSight, when: Callable[[datetime], str]) -> None:
        """Show this channel."""
        before, self._drawn = self._drawn, sight
        if before == sight or sight.room is None:
            return
        if before is None or before.room != sight.room:
            self._head(sight.room)
        if before is None or before.notes != sight.notes:
            self._draw_notes(sight.notes, when)
            parts.scroll(self._scroll, to_end=False)
        self._draw_fleeting(sight, when)
        self._draw_rows(sight, when)
        self._older.set_visibility(sight.listing.more)
        self._empty.set_visibility(not (sight.listing.rows or sight.pending or sight.listing.sayings))

    def _draw_examples(self) -> ui.element:
        with parts.box("examples", "details") as examples:
            examples.props["open"] = True
            parts.text(self._words.examples, tag="summary")
            parts.text(self._words.examples_hint.format(channel=HOME), "hint", "p")
            for question in EXAMPLES:
                parts.button(question, self._acts.example(question), mark="example")
        return examples

    def _head(self, room: Room) -> None:
        words = self._words
        self._title.text = f"# {room.name}"
        policies = {Policy.THREAD: words.policy_thread, Policy.WHISPER: words.policy_whisper}
        self._policy.text = policies.get(room.policy, words.policy_welcome if room.welcomes else words.policy_off)
        self._composer.label(words.ask_here.format(channel=room.name))
        self._examples.set_visibility(room.name == HOME)

    def _draw_notes(self, notes: tuple[Note, ...], when: Callable[[datetime], str]) -> None:
        self._notes.clear()
        with self._notes:
            for note in reversed(notes):
                draw_note(note, self._words, self._cards, when, self._acts)

    def _draw_fleeting(self, sight: ChannelSight, when: Callable[[datetime], str]) -> None:
        """What is on its way, and what the bot said outside threads."""
        self._fleeting.clear()
        with self._fleeting:
            for pending in reversed(sight.pending):
                with parts.box("row-link on"):
                    with parts.box("head"):
                        face(sight.me)
                        name(sight.me)
                        parts.text(self._words.waiting, "when")
                    parts.text(pending.text, "lead", "p")
            for saying in reversed(sight.listing.sayings):
                self._cards.saying(saying, when(saying.at), self._acts.press)

    def _draw_rows(self, sight: ChannelSight, when: Callable[[datetime], str]) -> None:
        """The threads; a row that is as it was stays, so that the keyboard keeps its place."""
        wanted = {row.post.message.ref: row for row in sight.listing.rows}
        for ref, (row, element) in list(self._rows.items()):
            if wanted.get(ref) != row:
                element.delete()
                del self._rows[ref]
        for place, (ref, row) in enumerate(wanted.items()):
            if ref not in self._rows:
                with self._list:
                    self._rows[ref] = (row, self._row(row, when))
            element = self._rows[ref][1]
            if self._list.default_slot.children[place] is not element:
                element.move(target_index=place)
            opened = ref.message_id == sight.open_id
            element.classes(add="on" if opened else None, remove=None if opened else "on")

    def _row(self, row: Row, when: Callable[[datetime], str]) -> ui.element:
        ref = row.post.message.ref
        href = f"/c/{ref.channel_id}/{ref.message_id}"
        with parts.box("row-link", "a", href=href).mark("row") as link:
            with parts.box("head"):
                _author(row.post, when)
            parts.text(row.post.message.text[:LEAD], "lead", "p")
            with parts.box("foot"):
                self._badges(row)
        parts.follow(link, self._acts.open_thread(ref.message_id))
        return link

    def _badges(self, row: Row) -> None:
        words = self._words
        if row.resolved:
            parts.text(f"✅ {words.resolved}", "badge done")
        if row.answered:
            parts.text(words.bot_spoke, "badge kyoso")
        parts.text(words.replies.format(count=row.replies) if row.replies else words.no_replies)
        reactions(row.post.message)


def _author(post: Post, when: Callable[[datetime], str]) -> None:
    face(post.author)
    name(post.author)
    parts.text(when(post.message.posted_at), "when")
