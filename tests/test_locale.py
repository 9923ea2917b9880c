"""The catalogues: complete, current, with the same places, and compiled from what is beside them."""

from __future__ import annotations

import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from string import Formatter

import pytest

pytest.importorskip("babel", reason="Babel, of the extra dev, is not installed")

import tlsparse
from tlsparse.diagnosis.finding import Text
from tlsparse.language import ENGLISH, LANGUAGES, Phrase, translate
from tlsparse.terminal import width

PACKAGE = Path(__file__).parent.parent / "tlsparse"
MAKE = PACKAGE / "locale" / "make.py"

spec = spec_from_file_location("locale_make", MAKE)
make = module_from_spec(spec)
sys.modules[spec.name] = make
spec.loader.exec_module(make)

FOUND = make.extract()
FOLDERS = make.languages()
CATALOGUES = {folder.name: make.read_catalogue(folder) for folder in FOLDERS}

TOGETHER = re.compile(r"(\{\w+\} ?)*")
"""Whole sentences, one after the other."""

QUOTED = ("words", "command", "look", "reason", "error", "request")
"""Values that are shown as they are: what a server said, what is to be typed, what another verifier said."""

every_language = pytest.mark.parametrize("language", CATALOGUES)


def places(template: str) -> set[tuple[str, str]]:
    return {(name, spec or "") for _, name, spec, _ in Formatter().parse(template) if name}


def test_every_language_but_english_has_a_catalogue():
    assert {*LANGUAGES} - {ENGLISH} == CATALOGUES.keys()


@every_language
def test_every_text_of_the_package_is_translated(language):
    """If not: python tlsparse/locale/make.py, then fill in what it names."""
    catalogue = CATALOGUES[language]

    assert [] == [text for text in FOUND if not (m := catalogue.get(text)) or not m.string]


@every_language
def test_no_translation_is_doubtful_or_of_what_is_no_longer_said(language):
    catalogue = CATALOGUES[language]

    assert [] == [m.id for m in catalogue if m.id and m.fuzzy]
    assert [] == [m.id for m in catalogue if m.id and m.id not in FOUND]
    assert {} == catalogue.obsolete


@every_language
def test_both_languages_have_the_same_places(language):
    assert [] == [m.id for m in CATALOGUES[language] if m.id and places(m.id) != places(m.string)]


@every_language
def test_what_is_read_is_what_the_text_compiles_to(language):
    folder = PACKAGE / "locale" / language
    catalogue = make.merged(FOUND, CATALOGUES[language], language)

    assert make.as_mo(catalogue) == (folder / "LC_MESSAGES" / "tlsparse.mo").read_bytes()


def test_nothing_is_left_to_be_done():
    assert all(make.make(folder, check=True) for folder in FOLDERS)


def test_chinese_has_no_english_in_it_but_names():
    """Small words of English: what is left where a translator forgot half a sentence."""
    english = re.compile(r"\b(the|of|and|is|are|that|it|with|for|has|have|not|by|was)\b")
    commands = re.compile(r"`[^`]*`|“[^”]*”|\{[^}]*\}")
    chinese = {m.id: m.string for m in CATALOGUES["zh"] if m.id}

    assert [] == [text for text in chinese.values() if english.search(commands.sub("", text))]


def test_chinese_has_its_own_marks():
    """A colon, comma or bracket beside a Chinese character is as wide as one."""
    narrow = re.compile(r"(?<=[\u4e00-\u9fff])[,:;()?!](?!\w)|[,:;()?!](?=[\u4e00-\u9fff])")

    assert [] == [m.string for m in CATALOGUES["zh"] if m.id and narrow.search(m.string)]


IMPORTS = "from tlsparse.diagnosis.finding import Phrase, Text, translate\n"

# --- What is taken for a text -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("Text('a')", ["a"]),
        ("def f():\n Text('a' if x else 'b')", ["a", "b"]),
        ("SAID = {'x': 'a', 'y': 'b'}\nText(SAID[k], n=1)", ["a", "b"]),
        ("SAID = {'x': 'a'}\nText(SAID.get(k, 'b'))", ["a", "b"]),
        ("def f():\n said = 'a'\n if x: said = 'b'\n return Text(said)", ["a", "b"]),
        ("def f():\n sure, said = 0.9, 'a'\n return Text(said)", ["a"]),
        ("def f():\n who, said = SAID.get(k, ('x', 'b'))\n Text(said)\nSAID = {1: ('y', 'a')}", ["a", "b"]),
        ("ENDS = {1: 'b', 2: 'c'}\nText('a ' + ENDS[k] + '.')", ["a b.", "a c."]),
        ("def f():\n end = 'b' if x else 'c'\n Text(f'a {{x}} {end}')", ["a {x} b", "a {x} c"]),
        ("class W:\n a: str\n b: str = ''\nALL = [W('x', 'y'), W('z')]\nText(w.b or w.a)", ["y", "x", "z"]),
        ("Phrase('a'); translate('b', lang)", ["a", "b"]),
        ("S = {1: 'a', 2: 'b'}\ndef f(s):\n Text(s[k])\ndef g():\n f(S)", ["a", "b"]),
        ("def f(said, n=1):\n Text(said)\ndef g():\n f(said='a')\n f('b', 2)", ["a", "b"]),
        ("def f():\n Text(g())\ndef g():\n return 'a' if x else 'b'", ["a", "b"]),
        ("ALL = ((1, 'a'), (2, 'b'))\ndef f():\n for k, said in ALL: Text(said)", ["a", "b"]),
        ("ALL = ((1, 'a'),)\ndef f():\n said = next((s for _, s in ALL), 'b')\n Text(said)", ["a", "b"]),
        ("def f():\n said = ' '.join(places)\n Text(said)", []),
        ("print('a'); Other('b')", []),
        ("translate(cause.title, lang)", []),
    ],
)  # fmt: skip
def test_a_text_is_found_wherever_it_is_written_down(source, found):
    assert found == [text for _, text in make.templates(IMPORTS + source)]


def test_every_constant_of_phrases_is_a_text():
    source = "A = 'a {x}'\nB = {'k': 'b', 'l': 'c'}\ndef say(text): return text"

    assert ["a {x}", "b", "c"] == [text for _, text in make.templates(source, "output/phrases.py")]


def test_a_text_that_is_nowhere_written_down_is_a_fault():
    with pytest.raises(make.Unresolved, match=r"rule\.py:3: .*leads to none"):
        list(make.templates(IMPORTS + "def f(word):\n return Text(word.upper())", "rule.py"))


# --- What is said of captures -----------------------------------------------------------------------


def parts(said: Text | Phrase) -> list[tuple[Text | Phrase, str, object]]:
    """Return every value of a sentence, and of the sentences in it, with the sentence and its place."""
    found: list[tuple[Text | Phrase, str, object]] = [(said, "", "")]
    for name, value in said.values.items():
        for one in value if type(value) is tuple else (value,):
            found += parts(one) if isinstance(one, Text | Phrase) else [(said, name, one)]
    return found


@pytest.fixture(scope="module")
def everything_said(captures) -> list[Text]:
    said: list[Text] = []
    for path in sorted(captures.iterdir()):
        if ".pcap" in path.name:
            contents = tlsparse.read(path).contents
            for findings in contents.findings.values():
                said += [text for finding in findings for text in (finding.summary, finding.fix)]
            for pattern in contents.patterns:
                said += [pattern.title, pattern.summary, pattern.fix]
    return said


@every_language
def test_whatever_is_said_of_a_capture_can_be_said(language, everything_said):
    templates = {text.template for whole in everything_said for text, _, _ in parts(whole)}

    assert len(templates) > 100
    assert set() == {t for t in templates if t not in FOUND and not TOGETHER.fullmatch(t)}
    assert all(width(text.say(language)) > len(text.say(language)) for text in everything_said)


def test_no_word_of_ours_is_said_in_english(everything_said):
    """A side, or a few words of English, that a rule hands over as it hands over a name."""
    ours = re.compile(r"^(client|server|network)$|\b[a-z]{2,} [a-z]{2,}")

    assert [] == [
        (text.template, name, value)
        for whole in everything_said
        for text, name, value in parts(whole)
        if isinstance(value, str) and name not in QUOTED and ours.search(value)
    ]


def test_outcomes_steps_and_sides_of_captures_have_words(captures):
    codes = set()
    for path in captures.iterdir():
        if ".pcap" in path.name:
            contents = tlsparse.read(path).contents
            codes |= {code for _, h in contents.each() for code in (h.outcome, h.step)}
            codes |= {
                finding.side for findings in contents.findings.values() for finding in findings
            }

    assert "client_hello" in codes
    for code in codes:
        assert code.replace("_", " ") in FOUND
        assert translate(code.replace("_", " "), "zh") != code
