"""Text as indexes and encoders see it: one form for each character, and no address, mention or emoji name.

Safe on whatever a platform or a shell can pass in: lone surrogates, NULs, control characters, texts of any length.
"""

from __future__ import annotations

import re
import unicodedata

# Longer texts are cut: a Mattermost post has at most 16,383 characters and a Slack message 40,000.
LONGEST_TEXT = 40_000

_URL = re.compile(r"(?:https?|ftp)://[!#-;=?-~]+", re.IGNORECASE)  # ASCII only: Japanese follows without a blank
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+", re.ASCII)
_MENTION = re.compile(r"(?:(?<=\s)|^)[@#][^\s]{1,80}")
_EMOJI_NAME = re.compile(r":[a-z0-9_+'-]{1,64}:")
# Everything that is no text: surrogates (Cs), controls (Cc) other than white space, private use (Co), unassigned.
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\ufeff\ufff0-\uffff]")
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")


def readable(text: str) -> str:
    """`text` as it can be stored and printed: halves of characters (a shell's bytes, a cut emoji) become `?`."""
    return text.encode("utf-8", "replace").decode("utf-8")


def normalise(text: str) -> str:
    """`text` in NFKC (half-width kana become full-width), without addresses, mentions and emoji names."""
    text = _UNPRINTABLE.sub(" ", text[:LONGEST_TEXT])
    text = unicodedata.normalize("NFKC", text)[:LONGEST_TEXT]
    for noise in (_URL, _MAIL, _MENTION, _EMOJI_NAME):
        text = noise.sub(" ", text)
    return _LINES.sub("\n", _BLANKS.sub(" ", text)).strip()
