"""Sentences in another language: by their template, whole, with what fills them left as it is."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from tlsparse.errors import UsageError
from tlsparse.language import (
    LANGUAGES,
    Phrase,
    fill,
    find_language,
    phrase_of,
    say_code,
    translate,
)

NEVER_ANSWERED = "{server} never answered: the client asked for a connection {tries} times."


def test_english_is_what_stands_in_the_source():
    assert NEVER_ANSWERED == translate(NEVER_ANSWERED) == translate(NEVER_ANSWERED, "en")


def test_a_template_keeps_its_places():
    assert "{server} 始终没有应答：客户端共请求连接 {tries} 次。" == translate(NEVER_ANSWERED, "zh")


def test_what_the_catalogue_lacks_is_said_in_english():
    assert "No such sentence." == translate("No such sentence.", "zh")


def test_an_empty_text_stays_empty():
    """gettext keeps the header of a catalogue under the empty text."""
    assert "" == translate("", "zh")


@pytest.mark.parametrize("ask", [find_language, lambda name: translate("client", name)])
def test_an_unknown_language_is_refused_with_those_that_there_are(ask):
    with pytest.raises(UsageError, match="there is no language 'fr'; there are en, zh"):
        ask("fr")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_found_by_its_name(language):
    assert language == find_language(language)


# --- Phrases ----------------------------------------------------------------------------------------


def test_a_phrase_is_its_english_text():
    phrase = Phrase("{count} packets", count=3)

    assert "3 packets" == phrase
    assert {"3 packets"} == {phrase}


def test_a_phrase_is_said_in_another_language():
    assert "3 个数据包" == Phrase("{count} packets", count=3).say("zh")


def test_a_phrase_goes_to_another_process_and_back():
    phrase = Phrase(
        "{count} {outcome}", count=3, outcome=Phrase("{name}: {counts}", name="{x}", counts=1)
    )
    again = pickle.loads(pickle.dumps(phrase))

    assert phrase == again
    assert phrase.say("zh") == again.say("zh")


def test_an_id_is_said_in_words():
    assert "client certificate" == phrase_of("client_certificate")
    assert "客户端证书" == phrase_of("client_certificate").say("zh")


def test_an_id_is_printed_as_itself_in_english():
    """It is what the tables have."""
    assert "client_certificate" == say_code("client_certificate", "en")
    assert "客户端证书" == say_code("client_certificate", "zh")


# --- Values -----------------------------------------------------------------------------------------


def test_a_value_from_a_capture_is_never_translated():
    """A server may call itself client."""
    said = fill("Read the log of {server} at this time.", {"server": "client"}, "zh")

    assert "查看 client 当时的日志。" == said


def test_a_value_that_looks_like_a_place_is_none():
    said = fill("Read the log of {server} at this time.", {"server": "{who}"}, "zh")

    assert "查看 {who} 当时的日志。" == said


def test_several_values_are_a_list():
    values = {"name": "x.pcap", "counts": (phrase_of("warning"), phrase_of("failure"))}

    assert "x.pcap: warning, failure" == fill("{name}: {counts}", values, "en")
    assert "x.pcap：警告、失败" == fill("{name}: {counts}", values, "zh")


def test_control_characters_of_a_capture_are_escaped_in_every_language():
    for language in LANGUAGES:
        said = fill("Read the log of {server} at this time.", {"server": "\x1b[2J"}, language)

        assert r"\x1b[2J" in said


def test_a_number_is_written_as_the_template_wants_it():
    values = {"who": phrase_of("client"), "waited": 30.04, "packet": 9}
    template = "The {who} gave up {waited:.1f} s later (packet {packet})."

    assert "The client gave up 30.0 s later (packet 9)." == fill(template, values, "en")
    assert "客户端在 30.0 秒后放弃（数据包 9）。" == fill(template, values, "zh")


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("client_certificate", "服务器拒绝了客户端证书，"),
        ("client_hello", "服务器拒绝了 ClientHello，"),
    ],
)
def test_a_space_stands_between_chinese_and_letters_only(step, said):
    template = "The {who} refused the {step} with the alert {alert} (packet {packet})."
    values = {"who": phrase_of("server"), "step": phrase_of(step), "alert": "x", "packet": 3}

    assert fill(template, values, "zh").startswith(said)


# --- What it costs ----------------------------------------------------------------------------------


def test_english_needs_no_catalogue(captures):
    script = (
        "import sys, tlsparse\n"
        f"capture = tlsparse.read({str(captures / 'expired_tls12.pcap')!r})\n"
        "assert 'expired on' in str(capture.contents.findings[0][0].summary)\n"
        "import tlsparse.language\n"
        "assert not tlsparse.language._catalogue.cache_info().currsize\n"
    )

    subprocess.run([sys.executable, "-c", script], check=True)
