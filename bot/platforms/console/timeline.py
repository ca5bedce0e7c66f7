"""The middle: the open channel's composer, a few questions to try, and its threads, newest first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.platforms.console import parts
from bot.platforms.console.cards import Cards
from bot.platforms.console.composer import Composer, Send
from bot.platforms.console.notes import NoteActs, draw_note
from bot.platforms.console.parts import Act
from bot.platforms.console.people import face, name, reactions
from bot.platforms.console.rooms import Post, Room, Row
from bot.platforms.console.sight import ChannelSight
from bot.platforms.console.state import Note
from bot.platforms.console.wording import ConsoleWording
from indexer.channel_map import Policy

# Questions to try, in words of their own: the first four have been answered in the sample community, the last has not.
EXAMPLES = (
    "コンビニ交付で住民票が出てこないと住民から電話がありました。まずどこを調べればよいでしょうか",
    "生成AIを職員に使わせる前に、最低限どんなルールを決めておけばよいですか。小さな町です",
    "電子決裁を入れたのに、みんな紙に印刷して判子をもらっています。どうしたら減りますか",
    "ガバメントクラウドに移ってから画面の切り替わりが遅い。切り分けの順番を教えてください",
    "議会のネット中継の休憩中に流すBGM、著作権の手続きはどうしていますか",
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

    def __init__(self, words: ConsoleWording, home: str, cards: Cards, acts: TimelineActs) -> None:
        self._words = words
        self._cards = cards
        self._acts = acts
        self._drawn: ChannelSight | None = None
        with parts.box("main", "main"):
            with parts.box("title-bar"):
                self._title = parts.text("", tag="h1")
                self._policy = parts.text("", "policy")
            with parts.box("ask"):
                self._composer = Composer("", words.post, f"{words.send_key} ・ {words.commands_hint}", acts.ask, "ask")
                self._examples(home)
                self._notes = parts.box(aria_live="polite")
            self._list = parts.box("scroll", aria_label=words.threads)

    def draw(self, sight: ChannelSight, when: Callable[[datetime], str]) -> None:
        """Show this channel."""
        before, self._drawn = self._drawn, sight
        if before == sight or sight.room is None:
            return
        if before is None or before.room != sight.room:
            self._head(sight.room)
        if before is None or before.notes != sight.notes:
            self._draw_notes(sight.notes, when)
        self._list.clear()
        with self._list:
            self._rows(sight, when)

    def _examples(self, home: str) -> None:
        with parts.box("examples", "details") as examples:
            examples.props["open"] = True
            parts.text(self._words.examples, tag="summary")
            parts.text(self._words.examples_hint.format(channel=home), "hint", "p")
            for question in EXAMPLES:
                parts.button(question, self._acts.example(question), mark="example")

    def _head(self, room: Room) -> None:
        words = self._words
        self._title.text = f"# {room.name}"
        policies = {Policy.THREAD: words.policy_thread, Policy.WHISPER: words.policy_whisper}
        self._policy.text = policies.get(room.policy, words.policy_off)
        self._composer.label(words.ask_here.format(channel=room.name))

    def _draw_notes(self, notes: tuple[Note, ...], when: Callable[[datetime], str]) -> None:
        self._notes.clear()
        with self._notes:
            for note in notes:
                draw_note(note, self._words, self._cards, when, self._acts)

    def _rows(self, sight: ChannelSight, when: Callable[[datetime], str]) -> None:
        for pending in reversed(sight.pending):
            with parts.box("row-link faint"):
                face(sight.me)
                parts.text(self._words.waiting, "when")
                parts.text(pending.text, "lead", "p")
        for saying in reversed(sight.listing.sayings):
            self._cards.saying(saying, when(saying.at), self._acts.press)
        for row in sight.listing.rows:
            self._row(row, sight.open_id, when)
        if sight.listing.more:
            parts.button(self._words.older, self._acts.older, mark="older")
        if not (sight.listing.rows or sight.pending or sight.listing.sayings):
            parts.text(self._words.nothing_here, "empty", "p")

    def _row(self, row: Row, open_id: str, when: Callable[[datetime], str]) -> None:
        ref = row.post.message.ref
        look = "row-link on" if ref.message_id == open_id else "row-link"
        href = f"/c/{ref.channel_id}/{ref.message_id}"
        with parts.box(look, "a", href=href).mark("row") as link:
            with parts.box("head"):
                _author(row.post, when)
            parts.text(row.post.message.text, "lead", "p")
            with parts.box("foot"):
                self._badges(row)
        parts.follow(link, self._acts.open_thread(ref.message_id))

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
