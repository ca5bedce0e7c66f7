"""What municipalities answered to a poll, counted by their size: pure rules over a thread.

A poll asks how others do it (`bot.post_kinds`). Each municipality counts once, with its first reply that answers; one
whose municipality is not known counts by itself. What is no answer: a question back, a word of thanks or fellow
feeling, a remark on another reply. Where the question itself offers choices (「1. もう短縮した 2. 検討中」), answers
are grouped by the one they begin with or name; nothing else is read into what people wrote. Figures:
`docs/decisions/0012-polls.md`.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from io import StringIO

from bot.post_kinds import PostKind, kind_of
from indexer.model import Member, Message, Thread
from indexer.municipalities import Municipalities, Municipality

# Upper bounds of the population classes. Five of them: with the five or ten answers that a poll gets, the ten classes
# of the national census would hold one each. Below 10,000 one person often runs all systems; from 300,000 on there
# are departments for them.
CLASSES = (10_000, 30_000, 100_000, 300_000)
PREFECTURE, UNKNOWN = "prefecture", "unknown"
SHORTEST = 2  # characters; 「2。」 answers where choices were offered
SHORTEST_FREE = 3  # characters; 「12%」 answers, 「同じ」 says nothing by itself
LONGEST_REMARK = 30  # characters; a longer reply that also asks back or feels with the asker mostly answers too
FEWEST_OPTIONS, MOST_OPTIONS = 2, 9
LONGEST_OPTION = 40  # characters; what is longer is an explanation
SHORTEST_OPENING = 3  # characters of a choice that must stand in an answer
HEAD = 40  # characters of an answer in which its choice is looked for
# What spreadsheets take for a formula when a cell begins so (OWASP, CSV injection); full-width signs too, which
# Japanese Excel reads alike.
_FORMULA = re.compile(r"^[\s'\"]*[=+\-@＝＋－＠\t\r]")

_ASKS_BACK = re.compile(r"\?\s*$|(でしょうか|ましたか|ですか|ますか)[。…]?\s*$")
_OWN = re.compile(r"うち|当[市町村県区]|弊|本[市町村]|私の?|自分|自庁|こちら|前に|以前")
_REMARK = re.compile(
    r"^(わか(る|り)|分か(る|り)|同意|たしかに|確かに|なるほど|ありがと|有難|助かり|つらい|ちょっと待って|訂正|補足|付け足|追記"
    r"|お疲れ|ご無事|そうでした|参考に(なり|します)|同感|激しく|それな)"
    r"|(わか|分か)り(すぎ|ます|みが)|なあ[.。!]*$|(です|ます)ね[.。!]*$"
)
_TO_SOMEBODY = re.compile(r"^@")
_POINTS = re.compile(r"#\S+ (に|にも|の方|へ)|こちらで(も)?(議論|話題)")
_CIRCLED = {ord(circled): f" {number}. " for number, circled in enumerate("①②③④⑤⑥⑦⑧⑨", start=1)}
_OPTION_LINE = re.compile(r"^\s*(?:\d\s*[.)、:]|[・●○■◆\-*–])\s*(.+?)\s*$", re.MULTILINE)
_OPTION_INLINE = re.compile(r"(?:^|(?<=[\s。?、:(]))([1-9])\s*[.)、:](?!\d)")
# Where the last of the choices in a line ends: 「… 3. 検討中 のどれですか」, 「… 3. 検討中で教えてください」.
_LAST_ENDS = re.compile(
    r"\s|[。()]|で(教え|お答え|お聞かせ|ご?回答)|の(うち|どれ|いずれ|どち)|から(お?選)|でしょう|です|だと"
)
_CHOSEN = re.compile(r"^[「(【]?([1-9])(?:\s*(?:です|でし|番|と|[。、,)」】(\n])|\.(?!\d)|\s|$)")
_SENTENCE = re.compile(r"[。!?\n]")
_JOINED = re.compile(r"[／/]")


@dataclass(frozen=True, slots=True)
class Answer:
    """One municipality's answer. `choice` numbers the option it names, from 0; None where it names none."""

    message: Message
    place: Municipality | None
    choice: int | None = None

    @property
    def size(self) -> str:
        """The class its municipality belongs to: an upper bound of CLASSES, "" above them, PREFECTURE or UNKNOWN."""
        if self.place is None or not self.place.population:
            return UNKNOWN if self.place is None or not self.place.is_prefecture else PREFECTURE
        if self.place.is_prefecture:
            return PREFECTURE
        return next((str(bound) for bound in CLASSES if self.place.population < bound), "")

    def said(self, length: int) -> str:
        """How the answer begins, on one line."""
        line = " ".join(self.message.text.split())
        return line if len(line) <= length else line[: length - 1] + "…"


SIZES = (*(str(bound) for bound in CLASSES), "", PREFECTURE, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Tally:
    """The answers to one poll in the order in which they came, and the choices that its question offers."""

    answers: tuple[Answer, ...]
    options: tuple[str, ...] = ()

    @property
    def by_size(self) -> list[tuple[str, list[Answer]]]:
        """The answers by population class, the small first; empty classes are left out."""
        grouped = [(size, [answer for answer in self.answers if answer.size == size]) for size in SIZES]
        return [(size, answers) for size, answers in grouped if answers]

    @property
    def by_choice(self) -> list[tuple[str, int]]:
        """How many chose each option, in the question's order; empty where answers do not speak in its choices."""
        counts = [sum(answer.choice == number for answer in self.answers) for number in range(len(self.options))]
        # Where fewer than half the answers name a choice, counts would tell of the few and pass for all.
        if 2 * sum(counts) < len(self.answers) or not sum(counts):
            return []
        return list(zip(self.options, counts, strict=True))

    @property
    def undecided(self) -> int:
        """How many answers name none of the choices."""
        return sum(answer.choice is None for answer in self.answers)


def is_poll(thread: Thread) -> bool:
    """Whether the thread asks how others do it."""
    return thread.root.by_person and kind_of(thread.root.text) is PostKind.POLL


def tally(thread: Thread, members: Mapping[str, Member], municipalities: Municipalities) -> Tally:
    """Count the answers in a poll's thread."""
    options = options_of(thread.root.text)
    answers: dict[str, Answer] = {}
    for reply in thread.replies:
        if not reply.by_person or reply.author_id == thread.root.author_id:
            continue
        member = members.get(reply.author_id)
        if member is not None and member.bot:
            continue
        code = (member.municipality if member else None) or ""
        who = code or reply.author_id
        if who in answers or not answers_poll(reply.text, options):
            continue
        answers[who] = Answer(reply, municipalities.by_code.get(code), choice_of(reply.text, options))
    return Tally(tuple(answers.values()), options)


def answers_poll(text: str, options: Sequence[str] = ()) -> bool:
    """Whether a reply to a poll says how its author does it."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if len(plain) < (SHORTEST if options else SHORTEST_FREE):
        return False
    if options and choice_of(text, options) is not None:
        return True
    if _TO_SOMEBODY.search(plain) and not _OWN.search(plain):
        return False
    if len(plain) > LONGEST_REMARK:
        return not (_POINTS.search(plain) and not _OWN.search(plain))
    if _OWN.search(plain) or any(character.isdigit() for character in plain):
        return not _ASKS_BACK.search(plain)
    return not (_ASKS_BACK.search(plain) or _REMARK.search(plain))


def options_of(question: str) -> tuple[str, ...]:
    """The choices that a question offers, one a line, joined by 「／」 or numbered; none that ask themselves."""
    plain = unicodedata.normalize("NFKC", question.translate(_CIRCLED))
    lines = [match[1] for match in _OPTION_LINE.finditer(plain)]
    joined = [part.strip() for line in lines if "?" not in line for part in _JOINED.split(line)]
    options = joined if any(_JOINED.search(line) for line in lines if "?" not in line) else lines
    if len(options) < FEWEST_OPTIONS:
        options = _in_a_row(plain)
    fits = FEWEST_OPTIONS <= len(options) <= MOST_OPTIONS
    if not fits or any("?" in option or len(option) > LONGEST_OPTION or not option for option in options):
        return ()
    return tuple(options)


def _in_a_row(plain: str) -> list[str]:
    """Choices numbered from 1 within a sentence: 「1. 導入済み 2. 検討中 3. 予定なし」."""
    _, *found = _OPTION_INLINE.split(plain)
    numbers, told = found[::2], found[1::2]
    if numbers != [str(number) for number in range(1, len(numbers) + 1)] or any("。" in one for one in told[:-1]):
        return []
    return [
        *(one.strip(" 、,・(\n") for one in told[:-1]),
        *(_LAST_ENDS.split(one.strip(), maxsplit=1)[0] for one in told[-1:]),
    ]


def choice_of(answer: str, options: Sequence[str]) -> int | None:
    """The one option that an answer names, by its number at the beginning or by its first words."""
    if not options:
        return None
    plain = unicodedata.normalize("NFKC", answer).strip()
    numbered = _CHOSEN.match(plain)
    if numbered and int(numbered[1]) <= len(options):
        return int(numbered[1]) - 1
    words = [(number, opening) for number, opening in enumerate(openings(options)) if opening]
    for sentence in _SENTENCE.split(plain[:HEAD]):
        found = [number for number, opening in words if opening in sentence]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def openings(options: Sequence[str]) -> list[str]:
    """The beginning of each option that no other shares; empty where there is none."""
    found = []
    for option in options:
        others = [other for other in options if other is not option]
        lengths = range(SHORTEST_OPENING, len(option) + 1)
        opening = (option[:length] for length in lengths)
        found.append(next((one for one in opening if not any(one in other for other in others)), ""))
    return found


Called = Callable[[str], str]


def as_csv(found: Tally, head: Sequence[str], called: Called, link: Callable[[Message], str], zone: tzinfo) -> bytes:
    """The answers as a table that spreadsheets open: UTF-8 with its mark, no cell a formula.

    `called` puts a population class into words.
    """
    out = StringIO()
    rows = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    rows.writerow(head)
    for _, answers in found.by_size:
        for answer in answers:
            place = answer.place
            choice = found.options[answer.choice] if answer.choice is not None else ""
            cells = (
                place.prefecture if place else "",
                place.name if place else "",
                str(place.population) if place and place.population else "",
                called(answer.size),
                choice,
                answer.message.text,
                _day(answer.message.posted_at, zone),
                link(answer.message),
            )
            rows.writerow([harmless(cell) for cell in cells])
    return out.getvalue().encode("utf-8-sig")


def harmless(cell: str) -> str:
    """The cell as text, whatever it begins with."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _day(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).date().isoformat()
