"""The digest's picture: a PNG of the right size, the same each time, whatever the figures."""

from __future__ import annotations

import struct
import subprocess
import sys

import pytest

from bot.charts import DOTS, HEIGHT, WIDTH, Series, weekly

LEGEND = ("質問", "1営業日以内に返信", "解決")


def series(*questions: int) -> Series:
    labels = tuple(f"9/{day + 1}" for day in range(len(questions)))
    return Series(
        "相談と返信", labels, questions, tuple(q // 2 for q in questions), tuple(q // 3 for q in questions), LEGEND
    )


@pytest.mark.parametrize(
    "questions", [(0,) * 12, (7,), (5, 0, 3, 0), (300,) * 12, (12_800, 14_000, 1), tuple(range(53))]
)
def test_the_chart_is_drawn_for_any_figures(questions: tuple[int, ...]) -> None:
    picture = weekly(series(*questions))
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", picture[16:24]) == (round(WIDTH * DOTS), round(HEIGHT * DOTS))
    assert len(picture) < 200_000


def test_the_same_figures_make_the_same_bytes_and_others_do_not() -> None:
    assert weekly(series(3, 5, 4)) == weekly(series(3, 5, 4))
    assert weekly(series(3, 5, 4)) != weekly(series(3, 5, 6))


def test_dollar_signs_are_letters() -> None:
    assert weekly(Series("$x_1$ と $", ("1$",), (1,), (1,), (1,), LEGEND))


def test_matplotlib_waits_until_something_is_drawn() -> None:
    code = "import sys, bot.charts, bot.week, bot.tally; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
