"""What the bot says when a question is made known in another channel."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CrosspostWords:
    """Sentences about cross-posting. Braces are filled by the caller."""

    offer: str
    button: str
    note: str
    please: str
    solved: str
    back: str
    back_title: str
    done: str
    already: str
    only_asker: str
    not_needed: str
    not_there: str


JA = CrosspostWords(
    offer="このご相談は、次のチャンネルの方が詳しい人に届きやすいかもしれません(あなただけに表示しています)。",
    button="#{channel} にも投稿する",
    note="{name} さんが #{channel} で相談しています。",
    please="お心当たりのある方は、リンク先のスレッドへ返信をお願いします。",
    solved="✅ 解決済みになりました。",
    back="#{channel} でもお知らせしました。",
    back_title="#{channel} の投稿を見る",
    done="#{channel} に、このご相談へのリンクを投稿しました。",
    already="このご相談は、すでに #{channel} でお知らせしています。",
    only_asker="投稿できるのは、質問した方だけです。",
    not_needed="このご相談は解決済みのため、投稿しませんでした。",
    not_there="そのチャンネルには投稿できません(アーカイブされたか、公開されていません)。",
)

EN = CrosspostWords(
    offer="Your question may reach the right people sooner in this channel (only you see this).",
    button="Post in #{channel} too",
    note="{name} asks in #{channel}.",
    please="If you know about this, please reply in the thread behind the link.",
    solved="✅ Marked as resolved.",
    back="Also made known in #{channel}.",
    back_title="The post in #{channel}",
    done="A link to your question was posted in #{channel}.",
    already="Your question has been made known in #{channel} already.",
    only_asker="Only the asker can post it.",
    not_needed="Your question is resolved, so nothing was posted.",
    not_there="Nothing can be posted in that channel (it is archived or not public).",
)


def crosspost_words(lang: str) -> CrosspostWords:
    """The sentences in `lang`: Japanese for `ja`, else English."""
    return JA if lang == "ja" else EN
