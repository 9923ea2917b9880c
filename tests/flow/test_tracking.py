"""Which bytes are wanted, and which only pass by."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tlsparse.flow import tracking
from tlsparse.flow.streams import Run
from tlsparse.flow.tracking import KEEP_LIMIT, NOTED, PLAIN_LIMIT, distance, unwrap

FIN, SYN, RST, ACK = 1, 2, 4, 16
SERVER = 1
CLOSE_NOTIFY = bytes.fromhex("15 03 03 00 1a") + bytes(26)  # encrypted, as in TLS 1.2

shares_fixtures = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)


def kept(flow, side: int = SERVER) -> int:
    return sum(len(run.data) for run in flow.streams[side].runs)


def at(flow, offset: int, size: int, side: int = SERVER) -> bytes:
    """The bytes of a stream at an offset, which must lie in one run."""
    for run in flow.streams[side].runs:
        if run.start <= offset and offset + size <= run.end:
            return run.data[offset - run.start :][:size]
    raise AssertionError(f"no run holds {size} bytes at {offset}")


# --- Bulk ------------------------------------------------------------------------------------------------------------


def test_a_long_download_leaves_a_few_kilobytes(talk, run, bulk, handshake):
    t = talk()
    data = handshake + bulk(320)  # 5 MB
    flow = run([*t.open(), *t.send(SERVER, data)]).flows[0]

    assert len(data) > 5_000_000
    assert 320 == flow.records[SERVER]
    assert handshake == at(flow, 0, len(handshake))
    assert kept(flow) < len(handshake) + 4096
    assert [] == flow.streams[SERVER].gaps
    assert (0, 0) == flow.retransmissions


def test_the_last_records_of_a_download_are_noted(talk, run, bulk, record):
    t = talk()
    lengths = (100, 200, 300, 400)
    tail = b"".join(record(23, bytes([0xD5]) * n) for n in lengths)
    frames = [*t.open(), *t.send(SERVER, bulk(40) + tail)]
    flow = run(frames).flows[0]

    assert NOTED == len(lengths)
    assert list(lengths) == [note.length for note in flow.notes[SERVER]]
    assert [0x0303] * NOTED == [note.version for note in flow.notes[SERVER]]
    assert {len(frames)} == {note.packet for note in flow.notes[SERVER][1:]}


def test_records_noted_in_one_packet_keep_their_order(talk, run, bulk, record):
    t = talk()
    lengths = [40, 10, 30, 20]
    tail = b"".join(record(23, bytes(n)) for n in lengths)
    big = bulk(20)
    flow = run([*t.open(), *t.send(SERVER, big), t.server(len(big), tail)]).flows[0]

    assert lengths == [note.length for note in flow.notes[SERVER]]


def test_headers_of_the_first_records_of_application_data_are_kept(talk, run, record):
    """In TLS 1.3 the lengths of the first records tell which message each holds."""
    t = talk()
    lengths = [32, 900, 5000, 281, 53, 1200]
    records = [record(23, bytes([0xD5]) * n) for n in lengths]
    flow = run([*t.open(), *t.send(SERVER, b"".join(records))]).flows[0]

    start = 0
    for length in lengths:
        assert b"\x17\x03\x03" + length.to_bytes(2, "big") == at(flow, start, 5)
        start += 5 + length
    assert len(lengths) == flow.records[SERVER]


def test_an_alert_after_a_download_is_kept_and_no_gap_precedes_it(talk, run, bulk, handshake):
    t = talk()
    data = handshake + bulk(100)
    frames = [*t.open(), *t.send(SERVER, data), t.server(len(data), CLOSE_NOTIFY)]
    flow = run(frames).flows[0]

    assert CLOSE_NOTIFY == at(flow, len(data), len(CLOSE_NOTIFY))
    assert [] == flow.streams[SERVER].gaps
    assert len(frames) == flow.streams[SERVER].arrival(len(data) + 1)[0]


def test_an_alert_in_the_segment_of_the_last_record_is_kept(talk, run, bulk, handshake):
    t = talk()
    data = handshake + bulk(100) + CLOSE_NOTIFY
    flow = run([*t.open(), *t.send(SERVER, data)]).flows[0]

    assert CLOSE_NOTIFY == at(flow, len(data) - len(CLOSE_NOTIFY), len(CLOSE_NOTIFY))


@pytest.mark.parametrize("cut", range(1, len(CLOSE_NOTIFY)))
def test_an_alert_after_a_download_is_kept_wherever_it_is_cut(talk, run, bulk, cut):
    t = talk()
    data = bulk(20)
    frames = [
        *t.open(),
        *t.send(SERVER, data),
        t.server(len(data), CLOSE_NOTIFY[:cut]),
        t.server(len(data) + cut, CLOSE_NOTIFY[cut:]),
    ]

    assert CLOSE_NOTIFY == at(run(frames).flows[0], len(data), len(CLOSE_NOTIFY))


def test_an_alert_is_kept_after_more_than_four_gigabytes(talk, run, record):
    """Only every 16th record was captured: the stream offset goes past 2^32 all the same."""
    t = talk()
    frames, place = t.open(), 0
    body = bytes([0xD5]) * 1000
    for _ in range(60):
        frames.append(t.server(place, record(23, body)))
        place += 100_000_000
    frames += [t.server(place, CLOSE_NOTIFY), t.server(place + len(CLOSE_NOTIFY), flags=FIN | ACK)]
    flow = run(frames).flows[0]

    assert place > 1 << 32
    assert CLOSE_NOTIFY == at(flow, place, len(CLOSE_NOTIFY))
    assert 60 == flow.records[SERVER]


def test_headers_of_small_records_do_not_pile_up(talk, run, record):
    """A chatty connection cuts many a header in two; of late records their first bytes are not wanted either."""
    t = talk()
    data = record(23, b"\xd5" * 20) * 8000
    flow = run([*t.open(), *t.send(SERVER, data, 53)]).flows[0]

    assert 8000 == flow.records[SERVER]
    assert kept(flow) < 1000
    assert len(flow.streams[SERVER].starts) < 100


# --- Headers split over segments -------------------------------------------------------------------------------------


def test_a_header_may_be_split_at_every_byte(talk, run, bulk, handshake, record):
    t = talk()
    data = handshake + bulk(20)
    begin = len(data)  # of the header that is split
    last = record(23, b"\xd5" * 77)
    for cut in range(1, 5):
        frames = [
            *t.open(),
            *t.send(SERVER, data),
            t.server(begin, last[:cut]),
            t.server(begin + cut, last[cut:]),
        ]
        flow = run(frames).flows[0]
        assert 21 == flow.records[SERVER]
        assert 77 == flow.notes[SERVER][-1].length


def test_a_stream_may_come_byte_by_byte_once_it_is_known_for_tls(talk, run, handshake, record):
    t = talk()
    data = handshake + record(23, b"\xd5" * 30) * 20
    flow = run([*t.open(), t.server(0, data[:5]), *t.send(SERVER, data[5:], 1, at=5)]).flows[0]

    assert handshake == at(flow, 0, len(handshake))
    assert 20 == flow.records[SERVER]
    assert [30] * NOTED == [note.length for note in flow.notes[SERVER]]


@pytest.mark.parametrize("again", range(1, 5))
def test_part_of_a_split_header_may_be_sent_again(talk, run, bulk, record, again):
    """Four bytes of the header have come; then come its first `again` bytes once more, then the rest."""
    t = talk()
    data = bulk(20)
    last = record(23, b"\xd5" * 0x123)
    frames = [
        *t.open(),
        *t.send(SERVER, data + last[:4]),
        t.server(len(data) - 100, data[-100:] + last[:again]),
        t.server(len(data) + again, last[again:]),
    ]
    flow = run(frames).flows[0]

    assert 21 == flow.records[SERVER]
    assert 0x123 == flow.notes[SERVER][-1].length


@pytest.mark.parametrize("initial", range(0xFFFFFFFF - 12, 0xFFFFFFFF + 1))
def test_sequence_numbers_may_wrap_inside_a_header(talk, run, record, initial):
    t = talk(initial=(1, initial))
    data = record(22, b"\x02\x00\x00\x01x") + record(23, b"\xd5" * 50)
    for size in (5, 7, 100):
        flow = run([*t.open(), *t.send(SERVER, data, size)]).flows[0]

        assert [Run(0, data[:15])] == flow.streams[SERVER].runs
        assert len(data) == flow.streams[SERVER].end
        assert 1 == flow.records[SERVER]


# --- Loss and disorder -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [50, 300, 301])
def test_after_a_loss_in_a_download_the_next_record_that_begins_a_segment_is_found(
    talk, run, bulk, record, lost
):
    t = talk()
    data = bulk(40)
    frames = t.send(SERVER, data)
    del frames[lost]
    answer = record(23, b"\xd5" * 600) * 20
    frames += t.send(SERVER, answer, 605, at=len(data))
    frames.append(t.server(len(data) + len(answer), CLOSE_NOTIFY))
    flow = run([*t.open(), *frames]).flows[0]

    assert CLOSE_NOTIFY == at(flow, len(data) + len(answer), len(CLOSE_NOTIFY))
    assert [600] * NOTED == [note.length for note in flow.notes[SERVER]]


def test_after_a_loss_in_a_handshake_the_next_flight_is_followed(talk, run, bulk, handshake):
    """Without its third segment nobody knows where the records of the first flight begin."""
    t = talk()
    frames = t.send(SERVER, handshake, 1000)
    del frames[1]
    data = bulk(200)
    end = len(handshake) + len(data)
    frames += [*t.send(SERVER, data, at=len(handshake)), t.server(end, CLOSE_NOTIFY)]
    flow = run([*t.open(), *frames]).flows[0]

    assert [(1000, 2000)] == [(gap.start, gap.end) for gap in flow.streams[SERVER].gaps]
    assert handshake[2000:] == at(flow, 2000, len(handshake) - 2000)
    assert 200 == flow.records[SERVER]
    assert CLOSE_NOTIFY == at(flow, end, len(CLOSE_NOTIFY))
    assert kept(flow) < 8192


def test_after_a_loss_in_a_handshake_a_download_is_not_kept_for_ever(talk, run, bulk, record):
    """No segment of it begins a record, so it cannot be followed; the alert behind it can."""
    t = talk()
    hello = record(22, b"\x02\x00\x00\x03abc") + b"\x17\x03\x03"
    data = hello + b"\x00\x40" + bytes(64) + bulk(120)
    frames = [*t.send(SERVER, hello), *t.send(SERVER, data[1500:], 1400, at=1500)]
    frames.append(t.server(len(data), CLOSE_NOTIFY))
    flow = run([*t.open(), *frames]).flows[0]

    assert kept(flow) < KEEP_LIMIT // 2
    assert CLOSE_NOTIFY == at(flow, len(data), len(CLOSE_NOTIFY))


def test_a_late_segment_of_a_handshake_is_kept_though_application_data_followed(
    talk, run, record, handshake
):
    """Two holes, filled after the records behind them have begun."""
    t = talk()
    data = handshake + record(23, b"\xd5" * 2000) + record(23, b"\xd5" * 100)
    frames = t.send(SERVER, data, 700)
    frames.append(frames.pop(1))
    frames.append(frames.pop(2))
    flow = run([*t.open(), *frames]).flows[0]

    assert handshake == at(flow, 0, len(handshake))
    assert [] == flow.streams[SERVER].gaps


def test_a_segment_lost_in_the_network_and_sent_again_is_no_retransmission(talk, run, handshake):
    t = talk()
    frames = t.send(SERVER, handshake, 700)
    frames.insert(3, frames.pop(1))
    flow = run([*t.open(), *frames]).flows[0]

    assert (0, 0) == flow.retransmissions
    assert [Run(0, handshake)] == flow.streams[SERVER].runs


def test_a_segment_seen_twice_is_a_retransmission(talk, run, handshake):
    t = talk()
    frames = t.send(SERVER, handshake, 700)
    frames.insert(3, frames[1])
    flow = run([*t.open(), *frames]).flows[0]

    assert (0, 1) == flow.retransmissions
    assert [Run(0, handshake)] == flow.streams[SERVER].runs
    assert [(700, 700)] == [(r.start, r.length) for r in flow.streams[SERVER].repeats]


def test_a_keep_alive_is_no_retransmission(talk, run, handshake):
    t = talk()
    frames = t.send(SERVER, handshake, 700)
    frames.append(t.server(len(handshake) - 1, b"\0"))
    flow = run([*t.open(), *frames]).flows[0]

    assert (0, 0) == flow.retransmissions
    assert [Run(0, handshake)] == flow.streams[SERVER].runs


def test_retransmissions_in_a_download_are_counted_and_not_kept(talk, run, bulk):
    t = talk()
    frames = t.send(SERVER, bulk(60))
    frames[500:500] = frames[480:490]
    flow = run([*t.open(), *frames]).flows[0]

    assert (0, 10) == flow.retransmissions
    assert 60 == flow.records[SERVER]
    assert kept(flow) < 4096


# --- What is not TLS -------------------------------------------------------------------------------------------------


def test_of_a_stream_that_is_not_tls_only_the_beginning_is_kept(talk, run):
    t = talk()
    data = random.Random(1).randbytes(1000) * 300
    flow = run([*t.open(), *t.send(SERVER, data)]).flows[0]

    assert [Run(0, data[:PLAIN_LIMIT])] == flow.streams[SERVER].runs
    assert [] == flow.streams[SERVER].gaps
    assert len(flow.streams[SERVER].starts) < 40


def test_tls_may_begin_after_other_words(talk, run, handshake, bulk):
    t = talk()
    words = b"220 mail.example.org ESMTP\r\n250 STARTTLS\r\n220 go ahead\r\n"
    data = handshake + bulk(50)
    frames = [t.server(0, words), *t.send(SERVER, data, at=len(words))]
    flow = run([*t.open(), *frames]).flows[0]

    assert words + handshake == at(flow, 0, len(words + handshake))
    assert 50 == flow.records[SERVER]
    assert kept(flow) < len(words + handshake) + 4096


def test_tls_is_found_after_more_than_the_limit_of_other_words(talk, run, handshake):
    t = talk()
    words = b"words " * 20_000
    frames = [*t.send(SERVER, words), *t.send(SERVER, handshake, at=len(words))]
    flow = run([*t.open(), *frames]).flows[0]

    assert handshake == at(flow, len(words), len(handshake))


def test_no_more_than_the_limit_is_kept_of_endless_handshake_records(talk, run, record):
    t = talk()
    data = record(22, bytes(16000)) * 100
    flow = run([*t.open(), *t.send(SERVER, data)]).flows[0]

    assert len(data) > KEEP_LIMIT
    assert KEEP_LIMIT == kept(flow)


def test_what_is_no_longer_tls_is_not_kept(talk, run, handshake):
    t = talk()
    data = handshake + b"\x00" * 2_000_000
    flow = run([*t.open(), *t.send(SERVER, data)]).flows[0]

    assert handshake == at(flow, 0, len(handshake))
    assert kept(flow) < len(handshake) + 1400 + 1


# --- Snap length -----------------------------------------------------------------------------------------------------


def test_a_cut_packet_is_followed_from_header_to_header(talk, run, record):
    """The snap length leaves 60 bytes of each payload: enough for the header at its beginning."""
    t = talk()
    body = b"\xd5" * 1395
    frames = t.open()
    frames += [t.server(n * 1400, record(23, body), snap=60) for n in range(30)]
    flow = run(frames).flows[0]

    assert 30 == flow.records[SERVER]


@pytest.mark.parametrize("snap", range(0, 12))
def test_a_header_beyond_the_snap_length_is_found_again_later(talk, run, record, snap):
    """The second record of the first segment begins at byte 7, and is cut off or cut through."""
    t = talk()
    first = record(22, b"\x0e\x00") + record(23, b"\xd5" * 100)
    later = record(21, b"\x02\x28")
    frames = [*t.open(), t.server(0, first, snap=snap), t.server(len(first), later, snap=60)]
    flow = run(frames).flows[0]

    assert later == at(flow, len(first), len(later))
    assert [gap.cut for gap in flow.streams[SERVER].gaps] == [True]


# --- Flags -----------------------------------------------------------------------------------------------------------


def test_data_in_a_syn_begins_after_the_syn(talk, run, handshake):
    """TCP Fast Open, RFC 7413: the SYN takes the sequence number before that of the first byte."""
    t = talk()
    frames = [
        t.client(-1, handshake[:100], SYN),
        t.server(-1, flags=SYN | ACK, acknowledged=100),
        *t.send(0, handshake[100:], 700, at=100),
    ]
    flow = run(frames).flows[0]

    assert [Run(0, handshake)] == flow.streams[0].runs
    assert [] == flow.streams[0].gaps
    assert (0, 0) == flow.retransmissions


def test_a_fin_may_carry_the_last_bytes(talk, run, handshake):
    t = talk()
    frames = [*t.open(), t.server(0, handshake[:200]), t.server(200, handshake[200:], FIN | ACK)]
    flow = run(frames).flows[0]

    assert [Run(0, handshake)] == flow.streams[SERVER].runs
    assert ("fin", 5, SERVER) in [(m.name, m.packet, m.side) for m in flow.milestones]


def test_a_fin_after_a_download_is_a_milestone(talk, run, bulk):
    t = talk()
    data = bulk(30)
    frames = [*t.open(), *t.send(SERVER, data), t.server(len(data), flags=FIN | ACK)]
    flow = run(frames).flows[0]

    assert ["syn", "syn_ack", "fin"] == [m.name for m in flow.milestones]
    assert len(frames) == flow.milestones[-1].packet


def test_flags_of_one_packet_come_in_the_order_of_a_connection(talk, run):
    flow = run([talk().client(-1, flags=SYN | FIN | RST)]).flows[0]

    assert ["syn", "fin", "rst"] == [m.name for m in flow.milestones]


def test_a_flood_of_resets_is_not_kept(talk, run):
    t = talk()
    frames = [*t.open(), *(t.server(0, flags=RST) for _ in range(3000))]
    flow = run(frames).flows[0]

    assert 3003 == flow.packets
    assert len(flow.milestones) < 1000


def test_the_time_of_a_round_trip_is_that_of_the_syn_and_its_answer_acknowledged(talk, run):
    t = talk()
    begin = 1_700_000_000_000_000_000
    frames = [
        t.client(-1, flags=SYN, time_ns=begin),
        t.server(-1, flags=SYN | ACK, time_ns=begin + 7_000),
        t.client(0, time_ns=begin + 9_000),
    ]
    flow = run(frames).flows[0]

    assert 9_000 == flow.rtt_ns
    assert 0 == flow.opener


def test_a_round_trip_may_begin_at_the_epoch(talk, run):
    t = talk()
    frames = [
        t.client(-1, flags=SYN, time_ns=0),
        t.server(-1, flags=SYN | ACK, time_ns=0),
        t.client(0, time_ns=5),
    ]

    assert 5 == run(frames).flows[0].rtt_ns


def test_the_opener_is_known_from_the_answer_alone(talk, run):
    flow = run([talk().server(-1, flags=SYN | ACK)]).flows[0]

    assert 0 == flow.opener
    assert flow.rtt_ns is None


# --- Arithmetic ------------------------------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.integers(-(2**31), 2**31 - 1))
def test_distance_is_that_of_numbers_that_wrap(origin, ahead):
    assert ahead == distance((origin + ahead) & 0xFFFFFFFF, origin)


@given(st.integers(2**32, 2**50), st.integers(-(2**31), 2**31 - 1))
def test_a_sequence_number_is_counted_on_from_the_one_before(near, ahead):
    assert near + ahead == unwrap((near + ahead) & 0xFFFFFFFF, near)


@given(st.integers(0, 2**32 - 1))
def test_the_first_sequence_number_leaves_room_for_those_before_it(sequence):
    first = unwrap(sequence, -1)

    assert sequence == first & 0xFFFFFFFF
    assert first - 2**31 > 0


# --- Property --------------------------------------------------------------------------------------------------------


@shares_fixtures
@given(st.data())
def test_however_a_handshake_is_cut_shuffled_and_repeated_its_bytes_are_kept(
    talk, run, record, handshake, data
):
    stream = handshake[:95] + record(22, b"\x0e\x00\x00\x00") + record(20, b"\x01")
    stream += record(22, bytes(range(40))) + record(21, b"\x01\x00")
    cuts = sorted(
        data.draw(st.sets(st.integers(1, len(stream) - 1), max_size=12)) | {0, len(stream)}
    )
    parts = list(pairwise(cuts))
    extra = data.draw(st.lists(st.integers(0, len(stream) - 1), max_size=4))
    parts += [(start, min(len(stream), start + 37)) for start in extra]
    parts = data.draw(st.permutations(parts))
    t = talk(initial=(7, data.draw(st.integers(0, 2**32 - 1))))
    frames = [t.server(a, stream[a:b]) for a, b in parts]
    flow = run(
        [*t.open(), *frames], chunk_bytes=data.draw(st.sampled_from([256, 1024, 1 << 20]))
    ).flows[0]

    assert [Run(0, stream)] == flow.streams[SERVER].runs
    assert [] == flow.streams[SERVER].gaps


@shares_fixtures
@given(st.data())
def test_however_a_download_is_cut_nothing_but_its_bodies_passes_by(
    talk, run, record, handshake, data
):
    """In order, but cut anywhere behind the first header: what is kept and counted does not depend on it."""
    lengths = data.draw(st.lists(st.integers(0, 300), min_size=17, max_size=40))
    stream = handshake + b"".join(record(23, b"\xd5" * n) for n in lengths)
    end = len(stream)
    stream += CLOSE_NOTIFY
    cuts = sorted(
        data.draw(st.sets(st.integers(5, len(stream) - 1), max_size=60)) | {0, len(stream)}
    )
    t = talk()
    frames = [t.server(a, stream[a:b]) for a, b in pairwise(cuts)]
    flow = run([*t.open(), *frames], chunk_bytes=512).flows[0]

    assert handshake == at(flow, 0, len(handshake))
    assert CLOSE_NOTIFY == at(flow, end, len(CLOSE_NOTIFY))
    assert len(lengths) == flow.records[SERVER]
    assert lengths[16:][-NOTED:] == [note.length for note in flow.notes[SERVER]]
    assert [] == flow.streams[SERVER].gaps
    assert all(stream[run.start : run.end] == run.data for run in flow.streams[SERVER].runs)


@shares_fixtures
@given(st.data())
def test_any_bytes_at_any_sequence_number_are_followed_without_harm(talk, run, record, data):
    """Nothing is promised of the result but its bounds."""
    t = talk(initial=(7, data.draw(st.integers(0, 2**32 - 1))))
    pieces = st.one_of(
        st.binary(max_size=40),
        st.builds(record, st.integers(20, 24), st.binary(max_size=300)),
        st.just(b"\x17\x03\x03\xff\xff"),
        st.just(b"\x16\x03\x01\x48\x00"),
    )
    frame = st.builds(
        t.packet,
        st.integers(0, 1),
        st.one_of(st.integers(-10, 3000), st.integers(-(2**32), 2**32)),
        pieces,
        st.integers(0, 63),
        acknowledged=st.integers(-5, 2**32),
        snap=st.one_of(st.none(), st.integers(0, 40)),
    )
    frames = data.draw(st.lists(frame, min_size=1, max_size=30))
    result = run(frames)

    assert len(frames) == sum(flow.packets for flow in result.flows)
    sent = sum(len(frame.data) for frame in frames)
    for flow in result.flows:
        for side in (0, 1):
            stream = flow.streams[side]
            assert 0 <= kept(flow, side) <= sent
            assert all(gap.start < gap.end for gap in stream.gaps)
            assert stream.starts == sorted(stream.starts)
            assert stream.arrivals == sorted(stream.arrivals)
            assert 0 <= (flow.acknowledged[side] or 0)


def test_gap_that_a_table_reports_names_the_packet_behind_it(talk, run, handshake):
    t = talk()
    frames = t.send(SERVER, handshake, 700)
    del frames[1]
    flow = run([*t.open(), *frames]).flows[0]
    gap = flow.streams[SERVER].gaps[0]

    assert (700, 1400, 5, False) == (gap.start, gap.end, gap.packet, gap.cut)


def test_limits_are_in_the_order_in_which_they_take_hold():
    assert PLAIN_LIMIT < tracking.AHEAD_LIMIT < KEEP_LIMIT
