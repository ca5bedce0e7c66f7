"""Whether a thread is resolved and which reply solved it: a pure rule over its messages, reactions and marks.

A thread is resolved by a reaction of the ✅ family, by a mark (button or command), or by the asker's own words; what
the asker says later undoes what came before. The accepted answer is the reply that carries the reaction, else the reply
that a mark names, else the reply that the asker thanked, else the last substantive one.

A poll is answered by many: once its answers are tallied it is resolved, with no one reply as its answer, whatever its
asker still wants to know; only who reopens it by hand undoes that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from indexer.model import Mark, MarkKind, Message, Resolution, ResolvedBy

RESOLVING_EMOJI = frozenset({"white_check_mark", "heavy_check_mark", "ballot_box_with_check", "解決済み", "解決"})
SUBSTANTIVE_LENGTH = 15  # characters; shorter replies (「確認します！」) do not carry an answer


class Said(Enum):
    """What an asker's follow-up says about their question."""

    SOLVED = auto()
    THANKED = auto()
    NOT_SOLVED = auto()
    NOTHING = auto()


_NOT_SOLVED = re.compile(
    r"(まだ|未だ|いまだ)[^。\n]{0,12}(解決(して|でき|に至)|直(って|ら)|うまくい|できて)[^。\n]{0,6}(ない|ませ|おらず)"
    r"|解決(しません|していません|してません|しなかった|せず|できません|できていません|には至)"
    r"|(うまく|上手く)(いきません|いかなかった|いかず|いっていません)"
    r"|(ダメ|だめ|駄目)でした|再発し(まし|てい)|直りません|(引き続き|もう少し)[^。\n]{0,10}(教えて|情報|ご意見|お待ち)"
)
_SOLVED = re.compile(
    r"解決(しました|できました|いたしました|済み?です|です|とさせて|といたし|とします)|自己解決"
    r"|(うまく|上手く)(いきました|いった|動きました|できました)|無事に?[^。\n]{0,20}(ました|できた)"
    r"|(直りました|治りました|動きました|通りました|つながりました|繋がりました|表示されました|できるようになりました)"
    r"|これで(前に)?(進め|対応|いけ|説明|行け|やって|いき|提案|整理|やれ|大丈夫)|これで[^。\n]{0,12}に進め"
    r"|解決ということ|解決で締め|(^|[。!！\s])解決[!！]|(相談|質問)して(よか|良か)った|疑問が(晴れ|解け)|すっきりし|腑に落ち|クローズ(します|で|とさせ)"
    r"|(その|この)(方法|やり方|形|方向|線)で(進め|対応|やって|いき|提案)|助かりました"
)
_THANKED = re.compile(
    r"ありがと|有難う|有り難う|感謝|おかげ|お陰|助かり(ます|ました)|参考になり(ます|ました)|参考にさせて|勉強になり(ます|ました)"
    r"|ご(助言|協力|指南)|:(bow|pray):|神です|お礼"
)
# Thanks alone are polite; thanks with something that came of it close the matter.
_OUTCOME = re.compile(
    r"(決裁|承認|合意|了解|許可|予算|査定|印)[^。\n]{0,12}(取れ|出まし|もらえ|いただけ|通り|済み|OK|おり)"
    r"|(決まり|決め|まとまり|片付き|終わり|届き|開き|出|減り|戻り|切り替わり|替え|なくなり|分かり|わかり|始まり|できあがり)まし(た|て)"
    r"|(で|と)決定|(進め|始め|説明でき|答えられ|迎えられ|いけ|出せ)(られ)?(ます|そう)|(今日|今月|来月|来年度)[^。\n]{0,10}(から|に|中に)[^。\n]{0,8}ます"
    r"|(道筋|方向|方針|見通し|迷い)[^。\n]{0,6}(見え|決ま|立ち|なくなり)|(で|に)(運用|採用|合意|実施|確定)"
    r"|晴れ(ました|た)|[〆締](め|ます|と)|おしまい|解決[!！でと]|大丈夫(です|そう)|\d[^。\n]{0,12}(ました|でした|です[!！]|→)"
)
# 「ございました」 takes leave where 「ございます」 is mere politeness: with a report beside it, it closes the matter.
_LEAVE = re.compile(r"(ありがとう|有難う|有り難う)ございました|大感謝|(助かり|お世話になり)ました")
_REPORT = re.compile(r"[^。!！\n]{6,}(ました|でした|です|ます|ことに|一安心)[。!！、\n]")
# 「解決したら」「解決できれば」 look ahead; they report nothing.
_ASKS_ON = re.compile(
    r"[?？]\s*$|(教えて(くだ|下さ|もら|いただけ|頂け|ほし|欲し)|ご教示|お願いし|でしょうか|また(相談|質問|聞)|試して(み|から)|やってみ|検討し(て|ま)|確認し(て|ま)す|聞いてみ)"
)
_HYPOTHETICAL = re.compile(
    r"解決(したら|できれば|すれば|しましたら|できたら|の見込み|するといい)|解決(しました|できました)(か|でしょうか)[？?。]?"
)


def said(text: str) -> Said:
    """What an asker's own reply says about the question's state."""
    plain = _HYPOTHETICAL.sub("", text)
    if _NOT_SOLVED.search(plain):
        return Said.NOT_SOLVED
    thanked = _THANKED.search(plain) is not None
    closing = thanked and (_OUTCOME.search(plain) or _takes_leave(plain)) and not _ASKS_ON.search(plain)
    if _SOLVED.search(plain) or closing:
        return Said.SOLVED
    return Said.THANKED if thanked else Said.NOTHING


def _takes_leave(text: str) -> bool:
    """Thanks in the past tense, with a sentence beside them that tells what came of it."""
    leave = _LEAVE.search(text)
    return leave is not None and _REPORT.search(text[: leave.start()]) is not None


@dataclass(frozen=True, slots=True)
class ResolutionRules:
    """What counts as resolving; the emoji list comes from `channel_map.yaml`."""

    emoji: frozenset[str] = RESOLVING_EMOJI


def resolve(
    root: Message, replies: Sequence[Message], marks: Sequence[Mark], rules: ResolutionRules
) -> Resolution | None:
    """The thread's resolution, or None while it is open. `replies` are in order of time."""
    replies = [reply for reply in replies if reply.by_person]
    reopened = _last_reopening(root, replies, marks)
    live = [reply for reply in replies if reopened is None or reply.posted_at > reopened]

    checked = [reply for reply in live if _checked(reply, root.author_id, rules)]
    if checked:
        by_asker = [reply for reply in checked if _checked_by(reply, root.author_id, rules)]
        return Resolution(ResolvedBy.REACTION, (by_asker or checked)[-1])

    mark = next(
        (mark for mark in reversed(marks) if mark.kind is MarkKind.RESOLVED and _after(mark.at, reopened)), None
    )
    if mark is not None:
        named = next((reply for reply in replies if reply.ref.message_id == mark.answer_id), None)
        return Resolution(ResolvedBy.MARK, named or _accepted(root, replies))

    if reopened is None and _checked(root, None, rules):
        return Resolution(ResolvedBy.REACTION, _accepted(root, replies))

    words = [reply for reply in live if reply.author_id == root.author_id and said(reply.text) is Said.SOLVED]
    if words:
        return Resolution(ResolvedBy.WORDS, _accepted(root, replies))
    return Resolution(ResolvedBy.TALLY, None) if _tallied(marks) else None


def _tallied(marks: Sequence[Mark]) -> bool:
    """Whether the answers were counted, and nobody undid that since."""
    undoing = (MarkKind.UNTALLIED, MarkKind.REOPENED)
    last = next((mark.kind for mark in reversed(marks) if mark.kind in (MarkKind.TALLIED, *undoing)), None)
    return last is MarkKind.TALLIED


def _after(at: datetime, reopened: datetime | None) -> bool:
    return reopened is None or at > reopened


def _last_reopening(root: Message, replies: Sequence[Message], marks: Sequence[Mark]) -> datetime | None:
    times = [mark.at for mark in marks if mark.kind is MarkKind.REOPENED]
    times += [
        reply.posted_at
        for reply in replies
        if reply.author_id == root.author_id and said(reply.text) is Said.NOT_SOLVED
    ]
    return max(times, default=None)


def _checked(message: Message, asker_id: str | None, rules: ResolutionRules) -> bool:
    """Whether somebody else than the reply's own author (the asker excepted) gave it a ✅."""
    return any(
        reaction.emoji in rules.emoji
        and any(member != message.author_id or asker_id in (None, member) for member in reaction.member_ids)
        for reaction in message.reactions
    )


def _checked_by(message: Message, member_id: str, rules: ResolutionRules) -> bool:
    return any(reaction.emoji in rules.emoji and member_id in reaction.member_ids for reaction in message.reactions)


def _accepted(root: Message, replies: Sequence[Message]) -> Message | None:
    """The reply that the asker thanked, else the last substantive one by somebody else, else the asker's own report."""
    thanked = _thanked(root, replies)
    if thanked is not None:
        return thanked
    others = [reply for reply in replies if reply.author_id != root.author_id]
    substantive = [reply for reply in others if len(reply.text) >= SUBSTANTIVE_LENGTH]
    own = [reply for reply in replies if reply.author_id == root.author_id and len(reply.text) >= SUBSTANTIVE_LENGTH]
    candidates = substantive or others or own
    return candidates[-1] if candidates else None


def _thanked(root: Message, replies: Sequence[Message]) -> Message | None:
    """The substantive reply just before the asker's last thanks."""
    for place in range(len(replies) - 1, -1, -1):
        reply = replies[place]
        if reply.author_id != root.author_id or said(reply.text) not in (Said.SOLVED, Said.THANKED):
            continue
        before = [
            other
            for other in replies[:place]
            if other.author_id != root.author_id and len(other.text) >= SUBSTANTIVE_LENGTH
        ]
        if before:
            return before[-1]
    return None
