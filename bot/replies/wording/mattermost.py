"""What the bot says on Mattermost alone, where some answers reach a member another way than they expect."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MattermostWords:
    """The sentences. Braces are filled by the caller."""

    about_thread: str
    sent_directly: str
    expired: str
    no_files: str
    similar_hint: str
    similar_help: str
    kyoso_hint: str
    kyoso_help: str


JA = MattermostWords(
    about_thread="こちらの投稿についてのお知らせです: {link}",
    sent_directly="ダイレクトメッセージでお送りしました。",
    expired="このボタンは期限が切れました。お手数ですが、`/similar` でもう一度お探しください。",
    no_files="(サーバーの設定により、ファイルを添付できませんでした。運営の方へお知らせください。)",
    similar_hint="[相談したいこと]",
    similar_help="似た相談の解決済みスレッドを探します",
    kyoso_hint="[help・resolved・route など]",
    kyoso_help="共創ボットの操作と使い方",
)
EN = MattermostWords(
    about_thread="About this post: {link}",
    sent_directly="I sent it to you as a direct message.",
    expired="This button has expired. Please look again with `/similar`.",
    no_files="(The server's settings did not let me attach files. Please tell the operators.)",
    similar_hint="[your question]",
    similar_help="Find resolved threads like your question",
    kyoso_hint="[help, resolved, route …]",
    kyoso_help="What the Kyoso bot can do",
)


def mattermost_words(lang: str) -> MattermostWords:
    """The sentences in `lang` (`ja`, or English for anything else)."""
    return JA if lang == "ja" else EN
