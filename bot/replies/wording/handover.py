"""The sentences of the handover record and of what is said about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HandoverWords:
    """Sentences about the record for a successor. Braces are filled by the caller."""

    sent: str
    sent_before: str
    message: str
    no_place: str
    nothing: str
    title: str
    subtitle: str
    purpose: str
    reading: str
    rules: str
    made_on: str
    made_for: str
    period: str
    span: str
    counts: str
    counted: str
    counted_alone: str
    contents: str
    overview: str
    topic: str
    total: str
    asked: str
    answered: str
    followed: str
    none_in_topic: str
    no_topic: str
    state_resolved: str
    state_open: str
    private: str
    asked_by: str
    told_by: str
    question: str
    decided: str
    decided_by: str
    ours: str
    latest: str
    goes_on: str
    no_reply: str
    footer: str
    file: str


JA = HandoverWords(
    sent="引き継ぎ記録を作りました。ダイレクトメッセージでお送りします(少しお待ちください)。",
    sent_before="本日お送りした引き継ぎ記録から変わったことはありません。ダイレクトメッセージをご覧ください。",
    message=(
        "{place}の引き継ぎ記録です。印刷や回覧には PDF、追記や検索には Markdown をお使いください。\n"
        "ほかの団体の方の投稿を含みます。庁外には出さないようお願いします。"
    ),
    no_place=(
        "所属の自治体が分からないため、引き継ぎ記録を作れませんでした。"
        "プロフィールの表示名に「情報政策課＠上島町」のように自治体名を入れて(同じ名前の自治体がある場合は"
        "「池田町（北海道）」のように都道府県も添えて)から、もう一度お試しください。"
    ),
    nothing=(
        "{place}の方が質問・回答したり、リアクションを付けたりしたスレッドは、まだありませんでした。"
        "投稿やリアクションが増えると、引き継ぎ記録を作れるようになります。"
    ),
    title="{place} 引き継ぎ記録",
    subtitle="共創コミュニティでの相談・回答の記録",
    purpose=(
        "{place}の職員がコミュニティで尋ねたこと、答えたこと、見守ったことを、話題ごとにまとめました。"
        "後任の方が、経緯と結論をたどるためのものです。"
    ),
    reading=(
        "題名を押すと、元のスレッドが開きます。「尋ねたこと」は当団体からの質問、「答えたこと」は他団体への回答、"
        "「見守ったこと」は短い返信やリアクションを付けたスレッドです。それぞれ新しい順に並べています。"
        "自己紹介・雑談・書き込み練習のチャンネルは除いています。"
    ),
    rules=(
        "投稿は書いた方の個人の見解で、所属団体の公式な見解ではありません。制度や仕様は変わりますので、"
        "使う前に元のスレッドと最新の情報をお確かめください。作成後に編集・削除された投稿は反映されていません。"
        "コミュニティの約束により、他の団体の方の投稿を庁外へ転載しないでください。"
    ),
    made_on="作成日",
    made_for="作成した人",
    period="対象期間",
    span="{first} 〜 {last}",
    counts="件数",
    counted_alone="答えたこと {answered}件、見守ったこと {followed}件",
    counted="尋ねたこと {asked}件(うち解決 {resolved}件)、答えたこと {answered}件、見守ったこと {followed}件",
    contents="目次",
    overview="話題ごとの件数",
    topic="話題",
    total="合計",
    asked="尋ねたこと",
    answered="答えたこと",
    followed="見守ったこと",
    none_in_topic="—",
    no_topic="その他",
    state_resolved="解決済み",
    state_open="未解決",
    private="非公開チャンネル",
    asked_by="質問: {name}",
    told_by="投稿: {name}",
    question="尋ねた内容",
    decided="決まったこと",
    decided_by="決まったこと(回答: {name} {date})",
    ours="当団体の回答({name} {date})",
    latest="最後に寄せられた返信({name} {date})",
    goes_on="…(続きは元のスレッドへ)",
    no_reply="返信はまだありません。",
    footer="共創コミュニティの投稿の記録から {date} に作成 ・ 個人の見解を含みます ・ 庁外への転載はお控えください",
    file="引き継ぎ記録_{place}_{day:%Y%m%d}",
)

EN = HandoverWords(
    sent="The handover record is made and comes to you in a direct message in a moment.",
    sent_before="Nothing changed since the record sent to you today; see your direct messages.",
    message=(
        "The handover record of {place}: PDF to print, Markdown to search and to write on.\n"
        "It quotes people of other municipalities: please keep it within your office."
    ),
    no_place=(
        "Your municipality is not known, so no record could be made. Put its name into your display name, as in "
        "「情報政策課＠上島町」 (with the prefecture where several bear the name: 「池田町（北海道）」), and try again."
    ),
    nothing="Nobody of {place} has asked, answered or reacted in a thread yet.",
    title="{place}: handover record",
    subtitle="What was asked and answered in the community",
    purpose="What staff of {place} asked, answered and followed in the community, by topic, for their successors.",
    reading=(
        "A title opens its thread. “Asked”: questions of ours; “answered”: replies of ours to others; “followed”: "
        "threads with a short reply or a reaction of ours. The newest come first. Introductions, small talk and "
        "practice are left out."
    ),
    rules=(
        "Posts are their writers' personal views, not official ones. Rules and systems change: check the thread and "
        "the present state before use. Posts edited or deleted later are not followed. By the community's rules, do "
        "not carry others' posts outside your office."
    ),
    made_on="Made on",
    made_for="Made by",
    period="Period",
    span="{first} – {last}",
    counts="Threads",
    counted_alone="answered {answered}, followed {followed}",
    counted="asked {asked} (resolved {resolved}), answered {answered}, followed {followed}",
    contents="Contents",
    overview="Threads by topic",
    topic="Topic",
    total="Total",
    asked="Asked",
    answered="Answered",
    followed="Followed",
    none_in_topic="—",
    no_topic="Other",
    state_resolved="resolved",
    state_open="open",
    private="private channel",
    asked_by="asked by {name}",
    told_by="posted by {name}",
    question="The question",
    decided="Decided",
    decided_by="Decided (answer: {name}, {date})",
    ours="Our answer ({name}, {date})",
    latest="Latest reply ({name}, {date})",
    goes_on="… (goes on in the thread)",
    no_reply="No reply yet.",
    footer="Made on {date} from the community's record · personal views · not to be carried outside",
    file="handover_{place}_{day:%Y%m%d}",
)


def handover_words(lang: str) -> HandoverWords:
    """The sentences in `lang`: Japanese for `ja`, else English."""
    return JA if lang == "ja" else EN
