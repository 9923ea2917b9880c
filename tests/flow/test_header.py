"""What is kept of the headers of packets that open and reset, and the habits of those between."""

from __future__ import annotations

FIN, SYN, RST, ACK = 1, 2, 4, 16
LINUX = bytes.fromhex("020405b4 0402 080a0000000100000000 01 030307")


def of_name(flow, name):
    return next(m.body for m in flow.milestones if m.name == name)


def test_a_reset_keeps_what_tells_who_made_it(talk, run):
    t = talk()
    reset = t.server(0, flags=RST | ACK, acknowledged=5, ttl=200, identification=0x4242)

    (flow,) = run([*t.open(), t.client(0, b"hello"), reset]).flows

    header = of_name(flow, "rst")
    assert (200, 0x4242) == (header.ttl, header.identification)
    assert (5001, 1006, b"") == (header.sequence, header.acknowledgment, header.options)


def test_a_reset_without_ack_acknowledges_nothing(talk, run):
    t = talk()

    (flow,) = run([*t.open(), t.server(0, flags=RST)]).flows

    assert of_name(flow, "rst").acknowledgment is None


def test_a_syn_says_how_large_segments_may_be(talk, run):
    t = talk()

    (flow,) = run([t.client(-1, flags=SYN, options=LINUX), *t.open()[1:]]).flows

    asked, answer = of_name(flow, "syn"), of_name(flow, "syn_ack")
    assert (1460, True) == (asked.maximum_segment_size, asked.has_timestamps)
    assert (None, False) == (answer.maximum_segment_size, answer.has_timestamps)


def test_options_that_were_not_captured_are_not_read_from_the_next_packet(talk, run):
    t = talk()
    syn = t.client(-1, flags=SYN, options=LINUX)

    (flow,) = run([syn._replace(snap=4), *t.open()[1:]]).flows

    assert b"" == of_name(flow, "syn").options


def test_the_habit_is_what_all_packets_but_resets_and_fins_have(talk, run):
    t = talk()
    frames = [
        t.client(-1, flags=SYN),
        t.server(-1, flags=SYN | ACK, ttl=57),
        t.client(0),
        t.server(0, b"a", ttl=55),
        t.server(1, flags=RST, ttl=255),
        t.server(1, flags=FIN | ACK, ttl=33),
    ]

    (flow,) = run(frames).flows

    client, server = flow.habits
    assert (2, 64, 64) == (client.packets, client.least_ttl, client.greatest_ttl)
    assert (4, 55, 57) == (server.packets, server.least_ttl, server.greatest_ttl)


def test_who_counts_its_packets_has_that_habit(talk, run):
    t = talk()
    numbers = (0, 0xFFFE, 0xFFFF, 3)  # the SYN-ACK has none; it wraps
    frames = [t.server(n, b"x", identification=number) for n, number in enumerate(numbers)]

    (flow,) = run([*t.open(), *frames]).flows

    assert (3, True) == (flow.habits[1].identification, flow.habits[1].counts)


def test_who_draws_its_numbers_by_lot_has_not(talk, run):
    t = talk()
    frames = [t.server(n, b"x", identification=v) for n, v in enumerate((7, 30000, 30001, 30002))]

    (flow,) = run([*t.open(), *frames]).flows

    assert not flow.habits[1].counts
