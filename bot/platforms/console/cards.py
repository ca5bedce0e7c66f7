"""The bot's messages on a page: cards, notes, channels to try, and buttons that work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.platforms.console import parts
from bot.platforms.console.parts import Act
from bot.platforms.console.rendering import bots_text, members_text, web_address
from bot.platforms.console.sayings import Saying
from bot.platforms.console.wording import ConsoleWording
from bot.replies import Button, Card, Reply

Press = Callable[[Saying, Button], Act]


@dataclass(frozen=True, slots=True)
class Cards:
    """Draws what the bot says. `inside`: the path of an address within the console, empty for others."""

    words: ConsoleWording
    inside: Callable[[str], str]
    open_path: Callable[[str], Act]

    def saying(self, saying: Saying, when: str, press: Press, dismiss: Act | None = None) -> None:
        """One message of the bot with its head; a private one looks and says so."""
        look = "bot private" if saying.private else "bot"
        with parts.box(f"saying {look}", "article"):
            with parts.box("head"):
                parts.text("共", "face bot-face", aria_hidden="true")
                parts.text("Kyoso", "who")
                parts.text(self.words.app, "app")
                if saying.private:
                    parts.text(f"🔒 {self.words.only_you}", "lock")
                parts.text(when, "when")
                if dismiss is not None:
                    parts.button("×", dismiss, "quiet cross", name=self.words.dismiss)
            self._reply(saying.reply, lambda button: press(saying, button))

    def _reply(self, reply: Reply, press: Callable[[Button], Act]) -> None:
        parts.html(bots_text(reply.text), "words")
        for card in reply.cards:
            self._card(card, press)
        for note in reply.notes:
            parts.html(bots_text(note), "note")
        if reply.links:
            with parts.box("links"):
                for channel_id, name in reply.links:
                    path = f"/c/{channel_id}"
                    parts.link(f"#{name}", path, self.open_path(path), "room-link")
        self._buttons(reply.buttons, press)

    def _card(self, card: Card, press: Callable[[Button], Act]) -> None:
        with parts.box("card", "section"):
            address = web_address(card.url)
            path = self.inside(address)
            if address:
                parts.link(card.title, path or address, self.open_path(path) if path else None, "card-title")
            else:
                parts.text(card.title, "card-title")
            if card.excerpt:
                parts.html(members_text(card.excerpt), "excerpt")
            if card.facts:
                parts.text(card.facts, "facts", "p")
            if card.caution:
                parts.text(f"⚠ {card.caution}", "caution", "p")
            self._buttons(card.buttons, press)

    def _buttons(self, buttons: Sequence[Button], press: Callable[[Button], Act]) -> None:
        if not buttons:
            return
        with parts.box("buttons"):
            for button in buttons:
                if button.url:
                    if web_address(button.url):
                        parts.link(button.label, web_address(button.url), classes=f"btn {button.style}")
                else:
                    parts.button(button.label, press(button), button.style, mark=f"press-{button.action}")
