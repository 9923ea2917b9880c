"""What all pictures share: what a colour means, which fonts, how a foreign name becomes safe to draw.

Colours are Okabe and Ito's, which survive colour blindness, and mean the same in every figure;
beside each stands a direction, a dash, a marker or a word, so that none is the only carrier of a
meaning. Names in a capture were chosen by whoever sent the packets: `legible` makes each one short
line that hides nothing, and `text_style` keeps matplotlib from reading mathematics into a dollar
sign. Both are arguments of single artists, never global settings.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CLIENT = "#0072B2"  # blue
SERVER = "#D55E00"  # vermilion
ALERT = "#000000"
INK = "#1A1A1A"  # words
MUTED = "#6B6B6B"  # words of less weight: 5.3:1 on white
FAINT = "#B8B8B8"  # lines that only guide the eye
HIGHLIGHT = "#FBF3B0"  # Okabe and Ito's yellow, thinned

WIDTH_INCHES = 9.0  # 900 pixels at a notebook's 100 dots per inch

# An average character of a proportional sans serif, in parts of its font size; a little wide, to be safe.
CELL_EM = 0.6

# Families that carry Chinese, Japanese and Korean, on Linux, macOS and Windows.
CJK_FAMILIES = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Arial Unicode MS",
    "Microsoft YaHei",
    "SimHei",
    "Malgun Gothic",
)


@dataclass(frozen=True)
class OutcomeStyle:
    """How a handshake of one outcome is drawn: a colour, and a marker at its end ("" for none)."""

    colour: str
    marker: str
    failed: bool


# Blue and vermilion are left out: they mean client and server. Black is an alert here as in a ladder.
OUTCOMES = {
    "completed": OutcomeStyle("#009E73", "", failed=False),
    "rejected": OutcomeStyle("#CC79A7", "P", failed=True),
    "alerted": OutcomeStyle(ALERT, "X", failed=True),
    "reset": OutcomeStyle("#E69F00", "v", failed=True),
    "closed": OutcomeStyle("#C9B800", "s", failed=True),
    "silent": OutcomeStyle("#56B4E9", "o", failed=True),
    "refused": OutcomeStyle("#7F5539", "D", failed=True),
    "not_tls": OutcomeStyle("#6B6B6B", "^", failed=True),
    "cut": OutcomeStyle("#B8B8B8", ">", failed=False),
    "unknown": OutcomeStyle("#DDDDDD", "d", failed=False),
}


def new_axes(height_inches: float) -> Axes:
    """Axes on a new figure that a notebook shows when a cell returns them."""
    import matplotlib.pyplot as plt

    size = (WIDTH_INCHES, height_inches)
    _, ax = plt.subplots(figsize=size, layout="constrained", facecolor="white")
    ax.set_facecolor("white")  # whatever the caller's style: the inks are made for white
    return ax


def size_inches(ax: Axes) -> tuple[float, float]:
    """Width and height of the axes as the figure's layout places them now."""
    figure = ax.figure.canvas.figure  # the whole one, if the axes are in a subfigure
    if layout := figure.get_layout_engine():
        layout.execute(figure)
    box = ax.get_window_extent()
    return box.width / ax.figure.dpi, box.height / ax.figure.dpi


def fitting_cells(width_inches: float, font_points: float) -> int:
    """How many average characters of a font fit into a width; at least a few."""
    return max(8, int(width_inches * 72 / (font_points * CELL_EM)))


def text_style(**properties: Any) -> dict[str, Any]:
    """Arguments for any text artist: `properties`, with fonts that know CJK and with no markup."""
    return {"family": font_families(), "parse_math": False, "usetex": False, **properties}


def font_families() -> list[str]:
    """The caller's own font families, then the first installed one for Chinese, Japanese and Korean."""
    from matplotlib import rcParams
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    cjk = [family for family in CJK_FAMILIES if family in installed][:1]
    return [*rcParams["font.family"], *cjk]


def legible(text: str, cells: int) -> str:
    """One line of at most `cells` character widths that hides nothing.

    What would steer the line instead of standing in it (control characters, marks of direction,
    lone surrogates) and what no installed font can draw is written as its code: ``\\u202e``. What is
    too long loses its middle: of a host name the beginning and the end both matter.
    """
    # Twice the characters that can be seen decide what is seen; a hostile name may be megabytes long.
    clipped = text if len(text) <= 2 * cells else text[:cells] + text[-cells:]
    shown = _escaped(clipped)
    if _width(shown) <= cells:
        return shown
    tail = _fitting(reversed(shown), cells // 3)[::-1]
    return _fitting(shown, cells - 1 - _width(tail)) + "…" + tail


def duration(milliseconds: float) -> str:
    """A time in the unit in which one would say it."""
    if milliseconds < 1000:
        return f"{milliseconds:.3g} ms" if milliseconds < 100 else f"{milliseconds:.0f} ms"
    if milliseconds < 120_000:
        return f"{milliseconds / 1000:.3g} s"
    if milliseconds < 7_200_000:
        return f"{milliseconds / 60_000:.3g} min"
    return f"{milliseconds / 3_600_000:.3g} h"


def _escaped(text: str) -> str:
    """The text with everything that cannot be seen in its place written as its code."""
    if text.isascii() and text.isprintable():
        return text
    families = font_families()
    return "".join(
        char if _drawable(char, families) else char.encode("unicode_escape").decode()
        for char in text
    )


def _drawable(char: str, families: list[str]) -> bool:
    """Whether a character is one visible thing in its place."""
    if char.isascii():
        return char.isprintable()
    # Cc, Cf, Cs, Co, Cn: control, format (all of bidi), surrogate, private, unassigned; Zl, Zp: line ends.
    if unicodedata.category(char)[0] == "C" or unicodedata.category(char) in ("Zl", "Zp"):
        return False
    return any(ord(char) in _glyphs(family) for family in families)


@lru_cache(maxsize=16)
def _glyphs(family: str) -> frozenset[int]:
    """Code points that a font family can draw, both in normal weight and in bold."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    normal, bold = (
        get_font(findfont(FontProperties(family=[family], weight=weight))).get_charmap()
        for weight in ("normal", "bold")
    )
    return frozenset(normal) & frozenset(bold)


def _width(text: str) -> int:
    """Width in cells: an East Asian character takes two."""
    return sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _fitting(chars: Iterable[str], cells: int) -> str:
    """The first of `chars` that fit into `cells`."""
    kept: list[str] = []
    for char in chars:
        cells -= _cells(char)
        if cells < 0:
            break
        kept.append(char)
    return "".join(kept)
