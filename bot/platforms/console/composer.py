"""Where a member writes: a text field that grows, sent by its button or Ctrl + Enter (Enter ends an IME's word)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from bot.platforms.console import parts
from bot.platforms.console.events import LONGEST_POST

Send = Callable[[str], Awaitable[None]]

_ON_CTRL_ENTER = (
    "(e) => { if (e.key === 'Enter' && (e.ctrlKey || e.metaKey) && !e.isComposing) { e.preventDefault(); emit(); } }"
)


class Composer:
    """A text field with its button."""

    def __init__(self, label: str, words: str, hint: str, send: Send, mark: str) -> None:
        self._send = send
        with parts.box("composer"):
            self._field = ui.textarea(placeholder=label).props("outlined dense autogrow").classes("field").mark(mark)
            self._field.props["aria-label"] = label
            self._field.props["maxlength"] = LONGEST_POST
            self._field.on("keydown", self._submit, args=[], js_handler=_ON_CTRL_ENTER)
            with parts.box("composer-foot"):
                parts.text(hint, "hint")
                parts.button(words, self._submit, "primary", mark=f"send-{mark}")

    def label(self, label: str) -> None:
        """Say what is written here."""
        self._field.props["placeholder"] = label
        self._field.props["aria-label"] = label
        self._field.update()

    def clear(self) -> None:
        """Forget a draft."""
        self._field.value = ""

    async def _submit(self) -> None:
        draft = str(self._field.value or "").strip()
        if draft:
            self._field.value = ""
            await self._send(draft)
