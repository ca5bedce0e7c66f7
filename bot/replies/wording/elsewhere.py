"""What the bot says of a discussion elsewhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ElsewhereWords:
    """Sentences about an open thread on the same matter. Braces are filled by the caller."""

    alone: str
    alone_whispered: str
    discussed: str
    asked: str


JA = ElsewhereWords(
    alone="近いご相談が、ほかのチャンネルにも出ています。",
    alone_whispered="近いご相談が、ほかのチャンネルにも出ています(あなただけに表示しています)。",
    discussed="こちらで議論されていますよ ・ #{channel} ・ 返信{replies}件 ・ {date}",
    asked="こちらでも同じご相談が出ています ・ #{channel} ・ {date}",
)

EN = ElsewhereWords(
    alone="A question close to this one is open in another channel.",
    alone_whispered="A question close to yours is open in another channel (only you see this).",
    discussed="Being discussed here · #{channel} · {replies} replies · {date}",
    asked="Also asked here · #{channel} · {date}",
)


def elsewhere_words(lang: str) -> ElsewhereWords:
    """The sentences in `lang`: Japanese for `ja`, else English."""
    return JA if lang == "ja" else EN
