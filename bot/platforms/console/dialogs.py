"""Questions put to the member before their post is changed or deleted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from nicegui import ui

from bot.platforms.console import parts
from bot.platforms.console.events import LONGEST_POST
from bot.platforms.console.wording import ConsoleWording


@dataclass(frozen=True, slots=True)
class Dialogs:
    """Opens a dialog and waits for the answer."""

    words: ConsoleWording

    async def edited(self, before: str) -> str:
        """The new words of a post; empty where the member thought better of it."""
        with _dialog() as dialog:
            field = ui.textarea(value=before).props("outlined autogrow autofocus").mark("edit-field")
            field.props["aria-label"] = self.words.edit
            field.props["maxlength"] = LONGEST_POST
            with parts.box("buttons"):
                parts.button(self.words.cancel, lambda: dialog.submit(""))
                parts.button(self.words.save, lambda: dialog.submit(str(field.value or "")), "primary", mark="save")
        answer = await dialog
        dialog.delete()
        return str(answer or "").strip()

    async def delete(self) -> bool:
        """Whether the member means it."""
        with _dialog() as dialog:
            parts.text(self.words.delete_sure, tag="p")
            with parts.box("buttons"):
                parts.button(self.words.cancel, lambda: dialog.submit(""))
                parts.button(self.words.delete, lambda: dialog.submit("delete"), "danger", mark="really-delete")
        answer = await dialog
        dialog.delete()
        return bool(answer)


@contextmanager
def _dialog() -> Iterator[ui.dialog]:
    with ui.dialog() as dialog, parts.box("dialog"):
        yield dialog
    dialog.open()
