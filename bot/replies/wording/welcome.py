"""How newcomers are welcomed, in Japanese and English."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WelcomeWords:
    """The sentences of a welcome. Braces are filled by the caller."""

    greeting: str
    prefecture: str
    topics: str
    practice: str
    ask: str
    search: str
    neighbours: str
    neighbour: str
    neighbour_facts: str
    reminder: str
    names: str


JA = WelcomeWords(
    greeting="{name} さん、ようこそ! 自己紹介をありがとうございます。まずは、こんなところをのぞいてみてください。",
    prefecture="・#{name} … 県内の担当者が集まっています。",
    topics="・{names} … 自己紹介にあったお仕事の話題です。",
    practice="・#{name} … 投稿やリアクションを試せます。何を書いても大丈夫です。",
    ask="・#{name} … 困ったときは、どんなことでもここで聞いてください。短い質問でも歓迎です。",
    search="`/similar 調べたいこと` で、これまでの相談と回答を探せます(結果はご本人にだけ表示されます)。",
    neighbours="規模の近い団体の方も、ここで自己紹介されています",
    neighbour="{name} さん",
    neighbour_facts="{prefecture} ・ 人口{population:,}人",
    reminder=(
        "先日は自己紹介をありがとうございました。その後、お困りのことはありませんか。\n"
        "読むだけの参加も歓迎です。聞いてみたいことができたら、#{name} に一言から書いてみてください。"
        "このボットにこのままメッセージを送ると、似た相談を探すこともできます。"
    ),
    names="、",
)

EN = WelcomeWords(
    greeting="Welcome, {name}, and thank you for introducing yourself! Have a look around:",
    prefecture="· #{name} — colleagues from your prefecture",
    topics="· {names} — about the work you told of",
    practice="· #{name} — try out posts and reactions; anything goes",
    ask="· #{name} — ask anything here; short questions are welcome",
    search="`/similar what you look for` finds earlier questions with their answers (only you see the result).",
    neighbours="Others from municipalities of like size introduced themselves here too",
    neighbour="{name}",
    neighbour_facts="{prefecture} · population {population:,}",
    reminder=(
        "Thank you for introducing yourself the other day. Is there anything we can help with?\n"
        "Reading only is fine too. When a question comes up, a line in #{name} will do; "
        "or send this bot a message and it looks for questions like yours."
    ),
    names=", ",
)


def welcome_words(lang: str) -> WelcomeWords:
    """The sentences in `lang`: Japanese for `ja`, else English."""
    return JA if lang == "ja" else EN
