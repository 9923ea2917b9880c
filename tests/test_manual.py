"""Pages of causes, as they are printed and as they stand in `docs`."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from tlsparse.cli import WIDE
from tlsparse.diagnosis.causes import causes
from tlsparse.diagnosis.pages import find_page
from tlsparse.language import LANGUAGES
from tlsparse.manual import as_markdown, list_causes, print_page
from tlsparse.terminal import width

DOCS = Path(__file__).parent.parent / "docs"
DOCUMENTS = runpy.run_path(str(DOCS / "make.py"))["documents"]()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_the_documents_are_current(path):
    """If not: python docs/make.py."""
    assert DOCUMENTS[path] == path.read_text("utf-8")


def test_there_is_a_document_for_each_language():
    assert ["causes.md", "causes.zh.md"] == [path.name for path in DOCUMENTS]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_of_a_document_leads_somewhere(language):
    text = as_markdown(language)
    targets = re.findall(r'<a id="([^"]+)">', text)

    assert list(causes()) == targets
    assert set() == set(re.findall(r"\(#([^)]+)\)", text)) - set(targets)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("columns", [80, 100])
def test_a_page_fits_its_terminal(columns, language):
    """But for commands, which are to be copied, and what cannot be broken."""
    for id in causes():
        for line in print_page(find_page(id, language), language, columns).split("\n"):
            assert (
                width(line) <= columns or line.startswith("      ") or " " not in line.strip(" -")
            )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_command_is_printed_on_one_line(language):
    shown = print_page(find_page("certificate.expired", language), language, 40)

    assert (
        "\n      openssl s_client -connect HOST:443 -servername HOST </dev/null"
        " | openssl x509 -noout -dates\n"
    ) in shown


def test_a_page_begins_with_its_title_and_ends_with_its_neighbours():
    lines = print_page(find_page("certificate.clock"), "en", 80).split("\n")

    assert ["Client's clock is wrong", "certificate.clock", ""] == lines[:3]
    assert ["See also"] == lines[-3:-2]
    assert "  certificate.expired        Certificate expired" == lines[-2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_causes_are_listed_from_general_to_particular(language):
    lines = list_causes(language).split("\n")

    assert list(causes()) == [line.split()[0] for line in lines]
    assert [2 * id.count(".") for id in causes()] == [len(x) - len(x.lstrip()) for x in lines]

    assert all(width(line) <= WIDE for line in lines)
