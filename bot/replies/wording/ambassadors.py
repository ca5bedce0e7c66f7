"""What the bot says to ambassadors about their office."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AmbassadorsWords:
    """The sentences. Braces are filled by the caller."""

    joined: str
    left: str
    renewed: str
    guests: str
    not_one: str
    status: str
    everything: str
    topics: str
    prefectures: str
    hours: str
    usual_hours: str
    quiet: str
    none: str
    cap: str
    leave: str
    until: str
    over: str
    no_term: str
    choose_topic: str
    saved: str
    unknown_topics: str
    unknown_prefectures: str
    bad_hours: str
    bad_quiet: str
    bad_cap: str
    bad_leave: str
    usage: str
    ends_soon: str
    ended: str
    renew: str
    join: str
    join_first: str
    between_days: str
    days: str
    date: str


JA = AmbassadorsWords(
    joined=(
        "アンバサダーへの登録、ありがとうございます。任期は{until}までです。"
        "詳しい話題を選んでおくと、その質問をお知らせします。"
    ),
    left=(
        "アンバサダーを終了しました。これまでのご協力、本当にありがとうございました。"
        "また `/kyoso アンバサダー 参加` でいつでも戻れます。"
    ),
    renewed="任期を{until}まで延ばしました。引き続きよろしくお願いします。",
    guests="ゲストの方はアンバサダーになれません。",
    not_one="アンバサダーではないようです。`/kyoso アンバサダー 参加` で登録できます。",
    status="アンバサダーの設定です。",
    everything="すべて",
    topics="話題: {value}",
    prefectures="都道府県: {value}",
    hours="お知らせする時間: {value}",
    usual_hours="勤務時間中",
    quiet="お知らせしない曜日: {value}",
    none="なし",
    cap="1日の上限: {value}件",
    leave="休止: {value}",
    until="任期: {value}まで",
    over="任期: {value}で終わりました(いまはお知らせしていません)",
    no_term="任期: 運営が定めるまで",
    choose_topic="話題を選ぶ・外す",
    saved="設定しました。",
    unknown_topics="「{value}」という話題のチャンネルは見つかりませんでした。チャンネル名のとおりに書いてください。",
    unknown_prefectures="「{value}」という都道府県は見つかりませんでした。",
    bad_hours="時間は「9:00-12:00」のように書いてください。「なし」で勤務時間どおりに戻ります。",
    bad_quiet="曜日は「水 金」のように書いてください。「なし」で消えます。",
    bad_cap="1日の上限は1から10の数で書いてください。",
    bad_leave="休止の期間は「8/10-8/20」のように書いてください。「なし」で消えます。",
    usage=(
        "`/kyoso アンバサダー` に続けて:\n"
        "• `参加`、`終了`\n"
        "• `話題 防災 子育て`、`地域 愛媛県`(「なし」ですべて)\n"
        "• `時間 9:00-12:00`、`休む曜日 水 金`、`上限 3`、`休止 8/10-8/20`"
    ),
    ends_soon=(
        "アンバサダーの任期は{until}までです。続けていただける場合は、下のボタンを押してください。"
        "ご無理のない範囲でお願いします。"
    ),
    ended=(
        "アンバサダーの任期が{until}で終わりました。この1年のご協力、本当にありがとうございました。"
        "またお願いできるときは、いつでも下のボタンからどうぞ。"
    ),
    renew="もう1年続ける",
    join="また参加する",
    join_first="参加する",
    between_days="・",
    days="月火水木金土日",
    date="{0.year}年{0.month}月{0.day}日",
)

EN = AmbassadorsWords(
    joined=(
        "Thank you for serving as an ambassador, until {until}. Choose the topics you know, and you will hear of "
        "their questions."
    ),
    left="You are no longer an ambassador. Thank you for all your help. `/kyoso ambassador join` brings you back.",
    renewed="Your term now lasts until {until}. Thank you.",
    guests="Guests cannot be ambassadors.",
    not_one="You are not an ambassador. `/kyoso ambassador join` makes you one.",
    status="Your settings as an ambassador.",
    everything="all",
    topics="Topics: {value}",
    prefectures="Prefectures: {value}",
    hours="When to write to you: {value}",
    usual_hours="in working hours",
    quiet="Not on: {value}",
    none="none",
    cap="At most a day: {value}",
    leave="On leave: {value}",
    until="Term: until {value}",
    over="Term: ended on {value} (nothing is sent to you now)",
    no_term="Term: as the operators decide",
    choose_topic="Choose or drop a topic",
    saved="Saved.",
    unknown_topics="There is no topic channel “{value}”. Write the channel's name as it is.",
    unknown_prefectures="There is no prefecture “{value}”.",
    bad_hours="Write hours like “9:00-12:00”; “none” for working hours.",
    bad_quiet="Write days like “wed fri”; “none” for no day.",
    bad_cap="Write a number from 1 to 10.",
    bad_leave="Write dates like “8/10-8/20”; “none” for no leave.",
    usage=(
        "After `/kyoso ambassador`:\n"
        "• `join`, `leave`\n"
        "• `topics 防災 子育て`, `prefectures 愛媛県` (“none” for all)\n"
        "• `hours 9:00-12:00`, `quiet wed fri`, `cap 3`, `away 8/10-8/20`"
    ),
    ends_soon="Your term as an ambassador ends on {until}. If you can go on, press the button below.",
    ended=(
        "Your term as an ambassador ended on {until}. Thank you for a year of help. The button below brings you back "
        "at any time."
    ),
    renew="Another year",
    join="Join again",
    join_first="Join",
    between_days=" ",
    days="月火水木金土日",
    date="{0:%Y-%m-%d}",
)


def ambassadors_words(lang: str) -> AmbassadorsWords:
    """The sentences in `lang`: Japanese for `ja`, else English."""
    return JA if lang == "ja" else EN
