"""The small parts that pages are made of: plain HTML elements with a class, a name and what a click does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement
from nicegui.events import ValueChangeEventArguments

Act = Callable[[], Awaitable[None] | None]

MANY_OPTIONS = 12  # a longer menu can be searched

# A click opens within the page; with a modifier key the browser follows the link itself, in a new tab.
_FOLLOW = (
    "(e) => { if (e.ctrlKey || e.metaKey || e.shiftKey || e.altKey || e.button) return; e.preventDefault(); emit(); }"
)


def box(classes: str = "", tag: str = "div", **attributes: str) -> ui.element:
    """A container."""
    element = ui.element(tag).classes(classes)
    for name, value in attributes.items():
        element.props[name.rstrip("_").replace("_", "-")] = value
    return element


def text(words: str, classes: str = "", tag: str = "span", **attributes: str) -> TextElement:
    """Words, never read as HTML."""
    element = TextElement(tag=tag, text=words).classes(classes)
    for name, value in attributes.items():
        element.props[name.rstrip("_").replace("_", "-")] = value
    return element


def html(markup: str, classes: str = "", tag: str = "div") -> ui.html:
    """Markup that `rendering` made: everything that people wrote is escaped in it already."""
    return ui.html(markup, sanitize=False, tag=tag).classes(classes)


def button(words: str, act: Act, classes: str = "", *, name: str = "", mark: str = "") -> TextElement:
    """A button; `name` is what a screen reader says where `words` is only a sign."""
    element = text(words, f"btn {classes}", "button", type="button")
    if name:
        element.props["aria-label"] = name
        element.props["title"] = name
    if mark:
        element.mark(mark)
    element.on("click", lambda _: act(), args=[])
    return element


def picture(source: str, alt: str, classes: str = "") -> ui.element:
    """A picture, described to those who cannot see it."""
    return box(classes, "img", src=source, alt=alt)


def menu(options: Mapping[str, str], label: str, chosen: Callable[[str], Act], mark: str) -> ui.select:
    """A menu; `chosen` gives what to do about the key of a choice."""

    def choose(event: ValueChangeEventArguments[Any]) -> Awaitable[None] | None:
        return chosen(str(event.value))() if event.value else None

    select = ui.select(dict(options), label=label, with_input=len(options) > MANY_OPTIONS, on_change=choose)
    select.props("dense outlined options-dense").mark(mark)
    select.props["aria-label"] = label
    return select


def link(words: str, href: str, act: Act | None = None, classes: str = "") -> TextElement:
    """A link; with `act` a plain click does that instead of leaving the page."""
    element = text(words, classes, "a", href=href)
    follow(element, act)
    return element


def follow(element: ui.element, act: Act | None) -> None:
    """Let a click on a link do `act`; a link without one leads to another site and opens in a new tab."""
    if act is None:
        element.props["target"] = "_blank"
        element.props["rel"] = "noopener noreferrer nofollow"
        return
    handler: Callable[[Any], Any] = lambda _: act()  # noqa: E731 - a name for the type checker
    element.on("click", handler, args=[], js_handler=_FOLLOW)


def scroll(element: ui.element, *, to_end: bool) -> None:
    """Bring the beginning or the end of a scrolling box into view."""
    where = "box.scrollHeight" if to_end else "0"
    element.client.run_javascript(
        f"setTimeout(() => {{ const box = getHtmlElement({element.id}); if (box) box.scrollTop = {where}; }}, 30)"
    )
