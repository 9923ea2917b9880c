"""The page of each cause, in each language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tlsparse.diagnosis.causes import causes
from tlsparse.diagnosis.pages import Page, find_cause, find_page
from tlsparse.errors import UsageError
from tlsparse.language import LANGUAGES

PAGES = Path(__file__).parent.parent.parent / "tlsparse" / "diagnosis" / "pages"
LEAVES = [id for id in causes() if not any(other.startswith(f"{id}.") for other in causes())]

every_page = pytest.mark.parametrize("id", causes())


def kinds(page: Page) -> list[str]:
    return [block.kind for block in page.blocks]


def texts(page: Page, kind: str) -> list[str]:
    return [block.text for block in page.blocks if block.kind == kind]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cause_has_a_page_and_every_page_a_cause(language):
    assert {*causes()} == {path.stem for path in (PAGES / language).glob("*")} - {".md"}
    assert {".md"} == {path.suffix for path in (PAGES / language).iterdir()}


@every_page
def test_a_page_says_what_it_looks_like_what_to_do_and_what_is_near(id):
    page = find_page(id)
    headings = texts(page, "heading")

    assert {"On the wire", "What to do"} <= {*headings}
    assert "See also" == page.near_heading
    assert page.near
    assert id not in {cause.id for cause in page.near}


@pytest.mark.parametrize("id", LEAVES)
def test_the_page_of_a_particular_cause_is_whole(id):
    page = find_page(id)

    assert [
        "On the wire",
        "Told apart",
        "What misleads",
        "Who acts",
        "What to do",
        "How to check",
    ] == texts(page, "heading")
    assert texts(page, "code")
    assert texts(page, "item")


@every_page
def test_both_languages_have_the_same_page(id):
    english, chinese = find_page(id), find_page(id, "zh")

    assert kinds(english) == kinds(chinese)
    assert texts(english, "code") == texts(chinese, "code")
    assert english.near == chinese.near


@every_page
def test_both_languages_have_the_same_commands_and_settings(id):
    """Whatever stands in backticks is to be typed, or is a message that is seen: it is the same for everybody."""
    named = [
        sorted(re.findall(r"`([^`]+)`", " ".join(block.text for block in page.blocks)))
        for page in (find_page(id), find_page(id, "zh"))
    ]

    assert named[0] == named[1]


def test_a_heading_has_one_translation():
    pairs = {
        pair
        for id in causes()
        for pair in zip(
            texts(find_page(id), "heading"), texts(find_page(id, "zh"), "heading"), strict=True
        )
    }

    assert len(pairs) == len({english for english, _ in pairs})


@every_page
def test_a_page_names_only_known_causes(id):
    said = " ".join(block.text for block in find_page(id).blocks)
    families = "|".join(id for id in causes() if "." not in id)

    named = set(re.findall(rf"`((?:{families})\.[a-z_.]+)`", said))
    assert set() == named - causes().keys()


@every_page
def test_a_page_has_no_line_that_a_terminal_cannot_show(id):
    for language in LANGUAGES:
        text = (PAGES / language / f"{id}.md").read_text("utf-8")

        assert "\t" not in text
        assert all(character.isprintable() or character == "\n" for character in text)


def test_a_page_is_paragraphs_items_and_commands():
    page = find_page("certificate.expired")

    assert ("certificate.expired", "Certificate expired") == (page.cause, page.title)
    assert "A certificate of the server's chain has expired." == page.meaning
    assert "\n" not in " ".join(texts(page, "paragraph") + texts(page, "item"))
    assert any(code.startswith("openssl s_client") for code in texts(page, "code"))
    assert "certificate.clock" in {cause.id for cause in page.near}


def test_a_page_in_chinese_has_a_title_in_chinese():
    page = find_page("certificate.expired", "zh")

    assert "证书已过期" == page.title
    assert "服务器证书链中有一张证书已过期。" == page.meaning


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("certificate.expird", r"did you mean certificate\.expired\?"),
        ("expired", r"did you mean certificate\.expired or client_certificate\.expired\?"),
        ("Missing-Intermediate", r"did you mean certificate\.untrusted\.missing_intermediate\?"),
        ("weakdh", r"did you mean negotiation\.weak_dh\?"),
        ("../../secret", "tlsparse explain names all of them"),
        ("", "tlsparse explain names all of them"),
    ],
)
def test_an_unknown_cause_is_answered_with_the_one_that_may_be_meant(word, hint):
    with pytest.raises(UsageError, match=hint):
        find_cause(word)


def test_an_unknown_language_is_refused():
    with pytest.raises(UsageError, match="there are en, zh"):
        find_page("certificate", "fr")
