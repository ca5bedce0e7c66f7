"""What the bot says about polls, in Japanese and English."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PollWords:
    """The sentences about polls. Braces are filled by the caller."""

    tallied: str
    by_choice: str
    by_size: str
    choice: str
    undecided: str
    size: str
    answer: str
    more: str
    note: str
    offer: str
    show: str
    shown: str
    too_few: str
    place: str
    sizes: dict[str, str]
    head: tuple[str, ...]
    file: str


JA = PollWords(
    tallied="📊 {count}団体からの回答をまとめました。回答が増えると、この投稿を書き換えます。",
    by_choice="選択肢ごと",
    by_size="人口規模ごと",
    choice="・{choice}: {count}団体",
    undecided="・選択肢以外の回答: {count}団体",
    size="■ {size}({count}団体)",
    answer="・{who}: {said}",
    more="(ほか{count}団体の回答は、添付の表にあります)",
    note="1団体につき最初の回答を数えています。全文とリンクは添付の表(CSV)にあります。",
    offer="{count}団体から回答が集まりました。人口規模ごとの集計をスレッドに載せますか?(あなただけに表示しています)",
    show="集計を載せる",
    shown="集計をスレッドに載せました。",
    too_few="まだ集計できるだけの回答がありません。",
    place="{name}({prefecture})",
    sizes={
        "10000": "人口1万人未満",
        "30000": "1万人以上3万人未満",
        "100000": "3万人以上10万人未満",
        "300000": "10万人以上30万人未満",
        "": "30万人以上",
        "prefecture": "都道府県",
        "unknown": "団体が分からない方",
    },
    head=("都道府県", "団体", "人口", "人口規模", "選択肢", "回答", "回答日", "リンク"),
    file="回答一覧.csv",
)

EN = PollWords(
    tallied="📊 Answers of {count} municipalities. As more come in, this post is rewritten.",
    by_choice="By choice",
    by_size="By population",
    choice="· {choice}: {count}",
    undecided="· none of the choices: {count}",
    size="■ {size} ({count})",
    answer="· {who}: {said}",
    more="({count} more are in the table attached)",
    note="The first answer of each municipality counts. Whole answers and links are in the table attached (CSV).",
    offer="{count} municipalities answered. Post a tally by population in the thread? (only you see this)",
    show="Post the tally",
    shown="The tally is posted in the thread.",
    too_few="There are not enough answers to tally yet.",
    place="{name} ({prefecture})",
    sizes={
        "10000": "under 10,000",
        "30000": "10,000 to 30,000",
        "100000": "30,000 to 100,000",
        "300000": "100,000 to 300,000",
        "": "300,000 and more",
        "prefecture": "prefectures",
        "unknown": "municipality not known",
    },
    head=("prefecture", "municipality", "population", "class", "choice", "answer", "date", "link"),
    file="answers.csv",
)


def poll_words(lang: str) -> PollWords:
    """The sentences in `lang`: Japanese for `ja`, else English."""
    return JA if lang == "ja" else EN
