"""Patterns: what many handshakes have in common, and how it is found."""

from __future__ import annotations

import inspect
import time

import pytest

import tlsparse
from tlsparse.diagnosis.pattern import Crowd, all_patterns, counted, find_patterns, listed, runs

FEW_MICROSECONDS = 100
"""Several times what it takes on a quiet machine; to look at each handshake for every other takes thousands."""


@pytest.fixture(scope="module")
def judged(captures):
    def read(name):
        contents = tlsparse.read(captures / name).contents
        return [
            (handshake, contents.findings[handshake.number]) for _, handshake in contents.each()
        ]

    return read


def test_a_pattern_has_the_name_of_its_file():
    assert all(p.__module__.endswith(f".patterns.{name}") for name, p in all_patterns().items())


@pytest.mark.parametrize("look", all_patterns().values(), ids=all_patterns())
def test_the_docstring_of_a_pattern_is_a_page_of_manual(look):
    headings = ["What it looks like", "What it means", "What to try"]
    lines = inspect.getdoc(look).splitlines()

    assert lines[0].endswith(".")
    assert headings == [line for line in lines if line in headings]


@pytest.fixture(scope="module")
def fired(captures):
    return {
        pattern.pattern
        for path in sorted(captures.iterdir())
        if ".pcap" in path.name
        for pattern in tlsparse.read(path).contents.patterns
    }


@pytest.mark.parametrize("name", all_patterns())
def test_some_capture_makes_a_pattern_show(fired, name):
    assert name in fired


def test_a_pattern_leads_to_its_handshakes_packets_and_a_filter(judged):
    (pattern,) = find_patterns(judged("retry_storm.pcap"))

    assert tuple(range(7)) == pattern.handshakes
    assert (2, 4, 6, 8, 10, 12, 14) == pattern.packets
    assert "frame.number in {2, 4, 6, 8, 10, 12, 14}" == pattern.wireshark_filter


def test_the_gravest_comes_first(judged):
    assert ["turning_point", "certificates_differ"] == [
        pattern.pattern for pattern in find_patterns(judged("wrong_renewal.pcap"))
    ]


def test_a_crowd_leaves_out_what_says_nothing(judged):
    assert [] == Crowd(judged("ends_in_the_middle.pcap")).members
    assert 1 == len(Crowd(judged("renegotiation.pcap")).members)
    assert [] == Crowd(judged("plain_http_client.pcap")).members


def test_a_few_handshakes_have_nothing_in_common(judged):
    assert [] == find_patterns(judged("resumed_ticket.pcap"))


def test_time_grows_with_the_number_of_handshakes_and_no_faster(judged):
    many = judged("backends_differ.pcap") * 1000
    begin = time.process_time()

    find_patterns(many)

    assert (time.process_time() - begin) / len(many) < FEW_MICROSECONDS * 1e-6


def test_a_list_names_some_and_counts_the_others():
    assert ("a", "b (+2)") == listed("aabcd", 2)
    assert ("b (2)", "a (1) (+1)") == counted("abbc", 2)
    assert ("a", "b") == counted("ab")
    assert () == listed("")


def test_runs_are_stretches_of_equals():
    assert [("a", 2), ("b", 1), ("a", 1)] == runs("aaba")
    assert [] == runs("")
