"""The bot's messages on a page: cards, notes, channels to try, and buttons that work."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from mimetypes import guess_type

from bot.platforms.console import parts
from bot.platforms.console.parts import Act
from bot.platforms.console.rendering import bots_text, members_text, web_address
from bot.platforms.console.sayings import Saying
from bot.platforms.console.wording import ConsoleWording
from bot.replies import Attachment, Button, Card, Menu, Reply

# A button pressed, or with what was chosen: a menu.
Press = Callable[[Saying, Button | Menu, str], Act]
_Press = Callable[[Button | Menu, str], Act]


@dataclass(frozen=True, slots=True)
class Cards:
    """Draws what the bot says.

    `inside`: the path of an address within the console, empty for others; `people`: names of members, for menus.
    """

    words: ConsoleWording
    inside: Callable[[str], str]
    open_path: Callable[[str], Act]
    people: Mapping[str, str]

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
            self._reply(saying.reply, partial(press, saying))

    def _reply(self, reply: Reply, press: _Press) -> None:
        parts.html(bots_text(reply.text), "words")
        for card in reply.cards:
            self._card(card, press)
        for attachment in reply.attachments:
            _attachment(attachment)
        for note in reply.notes:
            parts.html(bots_text(note), "note")
        if reply.links:
            with parts.box("links"):
                for channel_id, name in reply.links:
                    path = f"/c/{channel_id}"
                    parts.link(f"#{name}", path, self.open_path(path), "room-link")
        self._acts(reply.buttons, reply.menus, press)

    def _card(self, card: Card, press: _Press) -> None:
        if card == Card(card.title, "", "", ""):  # it only opens a section
            parts.text(card.title, "section-title", "h3")
            return
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
            self._acts(card.buttons, card.menus, press)

    def _acts(self, buttons: Sequence[Button], menus: Sequence[Menu], press: _Press) -> None:
        if not (buttons or menus):
            return
        with parts.box("buttons"):
            for button in buttons:
                if button.url:
                    if web_address(button.url):
                        parts.link(button.label, web_address(button.url), classes=f"btn {button.style}")
                else:
                    parts.button(button.label, press(button, ""), button.style, mark=f"press-{button.action}")
            for menu in menus:
                options = self.people if menu.people else dict(menu.options)
                parts.menu(options, menu.label, partial(press, menu), mark=f"choose-{menu.action}")


def _attachment(attachment: Attachment) -> None:
    kind = guess_type(attachment.name)[0] or "application/octet-stream"
    source = f"data:{kind};base64,{b64encode(attachment.content).decode()}"
    if attachment.picture:
        parts.picture(source, attachment.alt, "picture")
    else:
        parts.text(f"📎 {attachment.name}", "btn", "a", href=source, download=attachment.name)
