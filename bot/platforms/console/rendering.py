"""Turns words into safe HTML, and times, names and emoji into what a page shows.

Members' text is escaped here and nowhere interpreted: all markup in the result is this module's own.
"""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from html import escape
from zlib import crc32

from bot.platforms.console.wording import ConsoleWording

# A link ends where Japanese text goes on: brackets, 、 and 。 are no part of it.
_URL = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_TRAILING = ".,;:!?)'"
# A Slack permalink, as exports carry them.
_SLACK_PERMALINK = re.compile(r"https?://[\w-]+\.slack\.com/archives/([A-Z0-9]+)/p(\d{10})(\d{6})(?:\?.*)?")
_BOLD = re.compile(r"(?<!\S)\*([^*\n]+)\*(?!\S)")
_CODE = re.compile(r"`([^`\n]+)`")

EMOJI = {
    "white_check_mark": "✅",
    "heavy_check_mark": "✔️",
    "ballot_box_with_check": "☑️",
    "eyes": "👀",
    "+1": "👍",
    "-1": "👎",
    "tada": "🎉",
    "pray": "🙏",
    "bow": "🙇",
    "wave": "👋",
    "heart": "❤️",
    "joy": "😂",
    "clap": "👏",
    "cry": "😢",
    "scream": "😱",
    "watermelon": "🍉",
    "island": "🏝️",
    "apple": "🍎",
    "ok_hand": "👌",
    "muscle": "💪",
    "ship": "🚢",
    "ear": "👂",
    "snowflake": "❄️",
    "raised_hands": "🙌",
    "thinking_face": "🤔",
    "bulb": "💡",
}


def members_text(text: str) -> str:
    """A member's words as HTML: escaped, with http(s) addresses as links."""
    parts = []
    end = 0
    for match in _URL.finditer(text):
        address = match[0].rstrip(_TRAILING)
        parts += [escape(text[end : match.start()]), _link(address)]
        end = match.start() + len(address)
    return "".join([*parts, escape(text[end:])])


def bots_text(text: str) -> str:
    """The bot's words as HTML: escaped, then *bold* and `code`."""
    return _CODE.sub(r"<code>\1</code>", _BOLD.sub(r"<strong>\1</strong>", escape(text)))


def emoji(name: str) -> str:
    """An emoji by its short name; a community's own emoji stays a word."""
    return EMOJI.get(name, name)


def web_address(url: str) -> str:
    """`url` if it may be opened (http, https or a path within the console), else an empty text."""
    within = url.startswith("/") and not url.startswith(("//", "/\\"))
    return url if within or url.startswith(("https://", "http://")) else ""


def when(at: datetime, now: datetime, zone: tzinfo, words: ConsoleWording) -> str:
    """A time as people say it: today's by the clock, this year's by the day, else with the year."""
    here, today = at.astimezone(zone), now.astimezone(zone)
    if here.date() == today.date():
        return words.today.format(here)
    return (words.this_year if here.year == today.year else words.other_year).format(here)


def initial(name: str) -> str:
    """One character that stands for a member: their municipality's first."""
    _, _, after = name.replace("＠", "@").partition("@")
    return (after or name).strip()[:1] or "?"


def hue(member_id: str) -> int:
    """A colour of the circle, always the same for a member."""
    return crc32(member_id.encode()) % 360


def _link(address: str) -> str:
    slack = _SLACK_PERMALINK.fullmatch(address)
    if slack:
        path = f"/c/{slack[1]}/{slack[2]}.{slack[3]}"
        return f'<a href="{path}">{escape(address)}</a>'
    safe = escape(address, quote=True)
    return f'<a href="{safe}" target="_blank" rel="noopener noreferrer nofollow">{safe}</a>'
