"""What the home page says, in Japanese and English."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HomeWords:
    """The sentences of the home page. Braces are filled by the caller."""

    title: str
    stranger: str
    mine: str
    mine_none: str
    mine_facts: str
    mine_alone: str
    resolve: str
    waiting: str
    waiting_none: str
    waiting_more: str
    waiting_facts: str
    take: str
    topics: str
    topics_none: str
    settings: str
    names: dict[str, str]
    values: dict[str, dict[str, str]]
    quiet_none: str
    quiet: str
    now: str
    saved: str
    unknown: str
    note: str
    separator: str


JA = HomeWords(
    title="*{name} さんのホーム*",
    stranger="*ホーム*",
    mine="🙋 あなたの質問(未解決)",
    mine_none="解決を待っている質問はありません。",
    mine_facts="{ago} ・ 返信 {replies}件 ・ #{channel}",
    mine_alone="{ago} ・ まだ返信なし ・ #{channel}",
    resolve="解決済みにする",
    waiting="💡 あなたの分野で返信を待っている質問",
    waiting_none="返信を待っている質問はありません。",
    waiting_more="ほかに{count}件あります。",
    waiting_facts="{asker} ・ {ago} ・ #{channel}",
    take="担当します",
    topics="(あなたの分野: {topics})",
    topics_none="質問や回答を書くと、その話題があなたの分野になります。",
    settings="⚙️ 設定",
    names={
        "digest": "毎週のまとめ",
        "quiet": "静かな時間",
        "recognition": "称号とお礼",
        "loudness": "自分の質問への案内",
    },
    values={
        "digest": {"off": "受け取らない", "on": "月曜の朝に受け取る"},
        "recognition": {"on": "名前を出してよい", "off": "名前を出さない"},
        "loudness": {"thread": "スレッドで見せてよい", "whisper": "自分にだけ見せる"},
    },
    quiet_none="なし",
    quiet="{begins}時〜{ends}時は届けない",
    now="{name}: {value}",
    saved="✅ 「{name}」を「{value}」にしました。",
    unknown="その設定は選べませんでした。もう一度お試しください。",
    note="ダイレクトメッセージで「メニュー」と送ると、この画面を表示できます。",
    separator="、",
)

EN = HomeWords(
    title="*{name}’s home*",
    stranger="*Home*",
    mine="🙋 Your open questions",
    mine_none="You have no open questions.",
    mine_facts="{ago} · {replies} replies · #{channel}",
    mine_alone="{ago} · no reply yet · #{channel}",
    resolve="Mark as resolved",
    waiting="💡 Waiting for a reply in your topics",
    waiting_none="No question is waiting for a reply.",
    waiting_more="{count} more are waiting.",
    waiting_facts="{asker} · {ago} · #{channel}",
    take="I take it",
    topics="(your topics: {topics})",
    topics_none="Topics you ask or answer about become yours.",
    settings="⚙️ Settings",
    names={
        "digest": "Weekly digest",
        "quiet": "Quiet hours",
        "recognition": "Titles and thanks",
        "loudness": "Answers to my questions",
    },
    values={
        "digest": {"off": "not for me", "on": "on Monday mornings"},
        "recognition": {"on": "my name may be shown", "off": "do not show my name"},
        "loudness": {"thread": "may show in the thread", "whisper": "show me alone"},
    },
    quiet_none="none",
    quiet="nothing from {begins}:00 to {ends}:00",
    now="{name}: {value}",
    saved="✅ “{name}” is now “{value}”.",
    unknown="That could not be set; please try again.",
    note="Send the bot “menu” by direct message to see this page.",
    separator=", ",
)


def home_words(lang: str) -> HomeWords:
    """The sentences in `lang`: Japanese for `ja`, else English."""
    return JA if lang == "ja" else EN
