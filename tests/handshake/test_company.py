"""What a handshake's company says about it."""

from __future__ import annotations

import pytest

from tlsparse.flow.flow import Endpoint
from tlsparse.handshake import company
from tlsparse.handshake.company import Company
from tlsparse.handshake.rhythm import BEATS
from tlsparse.handshake.scan import HOSTS, PORTS, TRIES


@pytest.fixture
def left(handshake, tls13):
    """A handshake that its client completed and left."""
    return lambda: handshake(tls13 + "C fin")


@pytest.fixture
def used(handshake, tls13):
    """One that the same client completed and used."""
    return lambda: handshake(tls13 + "C data:100\n S data:300\n C data:19 fin")


def test_who_trusts_the_server_elsewhere_did_not_refuse_it(left, used, introduce):
    """A browser opens connections ahead, and closes those that it does not need."""
    unused, trusting = left(), used()

    introduce([unused, trusting])

    assert ("completed", "application_data", None) == (
        unused.outcome,
        unused.step,
        unused.ending.side,
    )
    assert "completed" == trusting.outcome


def test_the_order_of_the_handshakes_does_not_matter(left, used, introduce):
    unused, trusting = left(), used()

    introduce([trusting, unused])

    assert "completed" == unused.outcome


def test_alone_it_stays_rejected(left, introduce):
    first, second = left(), left()

    introduce([first, second])

    assert ["rejected", "rejected"] == [first.outcome, second.outcome]


@pytest.mark.parametrize("place", [0, 1], ids=["another client", "another server"])
def test_other_company_says_nothing(left, used, place, introduce):
    unused, trusting = left(), used()
    ends = list(trusting.flow.endpoints)
    ends[place] = Endpoint("192.0.2.99", ends[place].port)
    trusting.flow.endpoints = tuple(ends)

    introduce([unused, trusting])

    assert "rejected" == unused.outcome


def test_another_hello_is_another_client(left, handshake, tls13, introduce):
    """One machine may run several stacks, of which one has a root that the others lack."""
    unused = left()
    early = tls13.replace("client_hello", "client_hello_early")
    trusting = handshake(early + "C data:100\n S data:300")

    introduce([unused, trusting])

    assert "rejected" == unused.outcome


def test_a_refusal_by_the_server_stands(handshake, used, tls13, introduce):
    refused = handshake(tls13 + "S data:19 fin")

    introduce([refused, used()])

    assert ("rejected", "server") == (refused.outcome, refused.ending.side)


def test_company_of_none_is_no_trouble(introduce):
    introduce([])


def test_who_was_refused_is_told_what_the_client_accepted_elsewhere(handshake, used, introduce):
    refused = handshake("C client_hello\n S alert:fatal:handshake_failure")
    elsewhere, here = used(), used()
    client, _ = elsewhere.flow.endpoints
    elsewhere.flow.endpoints = (client, Endpoint("192.0.2.99", 443))

    introduce([here, refused])
    assert None is refused.accepted

    introduce([here, elsewhere, refused])
    assert refused.accepted is elsewhere.first("server_hello")


def test_behind_a_proxy_servers_are_told_apart(handshake, tls12, introduce):
    def through(target: str) -> str:
        lines = (f"CONNECT {target} HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n")
        asked, granted = (line.encode().hex() for line in lines)
        return f"C hex:{asked}\n S hex:{granted}\n"

    accepted = handshake(through("a.test:443") + tls12 + "C data:100\n S data:300")
    elsewhere, there = (
        handshake(through(target) + "C client_hello\n S alert:fatal:handshake_failure")
        for target in ("b.test:443", "a.test:443")
    )
    introduce([accepted, elsewhere, there])

    assert [(), 1] == [elsewhere.precedents, len(there.precedents)]
    assert [Endpoint("192.0.2.2", 443), Endpoint("a.test", 443)] == [there.server, there.target]


def test_a_precedent_has_the_chain_that_was_shown(handshake, tls12, introduce):
    accepted = handshake(tls12 + "C data:100\n S data:300")
    refused = handshake("C client_hello\n S alert:fatal:handshake_failure")
    introduce([accepted, refused])

    assert [accepted.first("certificate")] == [p.certificate for p in refused.precedents]


# --- Rhythm ----------------------------------------------------------------------------------------------------------

SECOND = 1_000_000_000


@pytest.fixture
def beats(handshake, tls13):
    """Make handshakes of one client that each end as a script says, so many seconds after the first."""

    def make(*starts: float, script: str = "C fin") -> list:
        made = []
        for start in starts:
            made.append(handshake(script.replace("{tls13}", tls13)))
            made[-1].flow.start_ns += round(start * SECOND)
        return made

    return make


@pytest.mark.parametrize("script", ["C fin", "C rst", "{tls13} C fin"])
def test_who_comes_and_leaves_in_a_rhythm_keeps_watch(beats, script, introduce):
    watch = beats(0, 5, 10.1, 15, 20, script=script)

    introduce(watch)

    assert {(5, 5 * SECOND)} == {(h.rhythm.times, round(h.rhythm.interval_ns, -8)) for h in watch}


@pytest.mark.parametrize(
    "starts",
    [
        pytest.param((0, 5, 10, 15), id="too few"),
        pytest.param((0, 5, 10, 16, 21), id="not even"),
        pytest.param((0, 1, 3, 7, 15), id="slower each time"),
        pytest.param((0, 300, 600, 900, 1200), id="too slow"),
        pytest.param((0, 0.1, 0.2, 0.3, 0.4), id="too fast"),
    ],
)
def test_who_comes_as_it_happens_does_not(beats, starts, introduce):
    seen = beats(*starts)

    introduce(seen)

    assert [None] * len(starts) == [handshake.rhythm for handshake in seen]


def test_who_also_does_something_else_does_not(beats, used, introduce):
    seen = beats(*range(BEATS))

    introduce([*seen, used()])

    assert seen[0].rhythm is None


def test_a_client_that_says_why_it_leaves_does_not(beats, introduce):
    seen = beats(0, 5, 10, 15, 20, script="C client_hello\nS fin")

    introduce(seen)

    assert seen[0].rhythm is None


# --- Scans -----------------------------------------------------------------------------------------------------------

LEFT, REFUSED, UNANSWERED = "C fin", "C syn\nS rst", "C syn\n +1 C syn\n +2 C syn"


@pytest.fixture
def visit(handshake):
    """Make a handshake of one client with a server, which ends as a script says."""

    def make(script: str, ip: str = "192.0.2.2", port: int = 443):
        made = handshake(script, opened=script not in (REFUSED, UNANSWERED))
        made.flow.endpoints = made.flow.endpoints[0], Endpoint(ip, port)
        return made

    return make


@pytest.fixture
def host(visit):
    """Make visits to as many ports of one host."""
    return lambda count, script=REFUSED: [visit(script, port=port) for port in range(count)]


@pytest.fixture
def hosts(visit):
    """Make visits to one port of as many hosts."""
    return lambda count, script: [visit(script, f"192.0.2.{n}") for n in range(10, 10 + count)]


@pytest.mark.parametrize("script", [LEFT, REFUSED, UNANSWERED, "S fin"])
def test_who_comes_to_many_ports_of_a_host_without_a_word_scans_it(host, script, introduce):
    seen = host(PORTS, script)

    introduce(seen)

    assert {PORTS} == {handshake.scan.ports for handshake in seen}


def test_who_leaves_many_hosts_scans_them_and_those_that_refuse_it(hosts, visit, introduce):
    seen = [*hosts(HOSTS, LEFT), visit(REFUSED)]

    introduce(seen)

    assert {(1, HOSTS)} == {handshake.scan for handshake in seen}


def test_few_ports_and_few_hosts_are_no_scan(host, hosts, introduce):
    seen = [*host(PORTS - 1), *hosts(HOSTS - 1, LEFT)]

    introduce(seen)

    assert {None} == {handshake.scan for handshake in seen}


@pytest.mark.parametrize("script", [REFUSED, UNANSWERED, "S fin"])
def test_an_outage_of_many_hosts_is_no_scan(hosts, script, introduce):
    seen = hosts(4 * HOSTS, script)

    introduce(seen)

    assert {None} == {handshake.scan for handshake in seen}


def test_who_says_hello_anywhere_does_not_scan(host, visit, introduce):
    seen = host(PORTS)

    introduce([*seen, visit("C client_hello\n S fin", "192.0.2.99")])

    assert {None} == {handshake.scan for handshake in seen}


def test_who_speaks_something_else_does_not_scan(host, introduce):
    seen = host(PORTS, "C text:NOOP\n S fin")

    introduce(seen)

    assert {None} == {handshake.scan for handshake in seen}


def test_who_comes_back_keeps_watch_and_does_not_scan(hosts, introduce):
    """A load balancer looks at all its servers, again and again; of the one that is down it must be told."""
    rounds = [hosts(HOSTS + 1, LEFT) for _ in range(TRIES + 1)]
    seen = [handshake for one in rounds for handshake in one]

    introduce(seen)

    assert {None} == {handshake.scan for handshake in seen}


def test_companies_that_each_saw_a_part_know_the_scan_together(host):
    seen = host(PORTS)
    first, second = Company(), Company()
    for place, handshake in enumerate(seen):
        (first, second)[place % 2].learn(handshake)

    first.merge(second)
    first.tell(seen[0])

    assert (PORTS, 0) == seen[0].scan


def test_companies_that_each_saw_a_part_know_who_said_hello(host, visit):
    seen = host(PORTS)
    first, second = Company(), Company()
    for handshake in seen:
        first.learn(handshake)
    second.learn(visit("C client_hello\n S fin"))

    first.merge(second)
    first.tell(seen[0])

    assert seen[0].scan is None


# --- In a capture without an end ------------------------------------------------------------------------------------


@pytest.fixture
def meet_later():
    """Make what tells a handshake of those before it, as they are told."""

    def make():
        latest = Company(latest=True)

        def meet_one(handshake):
            latest.tell(handshake)
            latest.learn(handshake)

        return meet_one

    return make


@pytest.fixture
def meet(meet_later):
    return meet_later()


def test_in_a_stream_those_before_count(left, used, meet):
    before, unused = used(), left()
    for handshake in (before, unused):
        meet(handshake)

    assert ["completed", "completed"] == [before.outcome, unused.outcome]


def test_in_a_stream_what_was_told_stays(left, used, meet):
    unused = left()
    for handshake in (unused, used()):
        meet(handshake)

    assert "rejected" == unused.outcome


def test_in_a_stream_a_failure_knows_what_its_server_accepted(handshake, used, meet):
    failed = handshake("C client_hello\n S alert:fatal:handshake_failure")
    for one in (used(), used(), failed):
        meet(one)

    assert 2 == len(failed.precedents)


def test_in_a_stream_only_the_latest_are_remembered(left, used, meet_later, monkeypatch):
    monkeypatch.setattr(company, "TRUSTED_LIMIT", 1)
    monkeypatch.setattr(company, "SERVERS_LIMIT", 1)
    elsewhere, unused = used(), left()
    ends = list(elsewhere.flow.endpoints)
    elsewhere.flow.endpoints = (ends[0], Endpoint("192.0.2.99", ends[1].port))
    meet = meet_later()
    for handshake in (used(), elsewhere, unused):
        meet(handshake)

    assert "rejected" == unused.outcome
    assert () == unused.precedents


def test_in_a_stream_a_scan_is_known_once_it_is_one(host, meet):
    seen = host(PORTS + 1)
    for handshake in seen:
        meet(handshake)

    assert [None] * PORTS + [(PORTS, 0)] == [handshake.scan for handshake in seen]


def test_in_a_stream_the_latest_servers_of_a_scan_are_remembered(host, meet_later, monkeypatch):
    monkeypatch.setattr(company, "VISITS_LIMIT", PORTS)
    meet = meet_later()
    seen = host(4 * PORTS)
    for handshake in seen:
        meet(handshake)

    assert (PORTS, 0) == seen[-1].scan
