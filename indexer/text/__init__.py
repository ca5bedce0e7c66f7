"""Japanese text: made plain, cut into words, and divided into the fields of a thread."""

from indexer.text.fields import ThreadText, text_of
from indexer.text.normalise import normalise, readable
from indexer.text.tokens import Cutting, Words, cut_by, text_version, words

__all__ = ["Cutting", "ThreadText", "Words", "cut_by", "normalise", "readable", "text_of", "text_version", "words"]
