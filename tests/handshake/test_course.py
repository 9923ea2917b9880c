"""A flow that takes the course of an earlier one is read as if there had been none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsparse.flow.flow import Flow
from tlsparse.flow.streams import Run
from tlsparse.handshake import course
from tlsparse.handshake.course import Told, read_flow
from tlsparse.handshake.order import read_line, split
from tlsparse.handshake.speech import listen

HELLOS = "C client_hello\n S server_hello\n"

SCRIPTS = {
    "refused": "C client_hello\n S alert:fatal:handshake_failure\n S fin\n C fin",
    "several messages in a packet": HELLOS + "S certificate server_hello_done\n C rst",
    "TLS 1.3": "C client_hello\n S server_hello_sha256 ccs data:800\n C ccs data:53\n C data:90\n S data:900",
    "a second hello": """
        C client_hello\n S retry\n C client_hello\n S server_hello_sha256 data:800
        C data:53\n S fin\n C fin""",
    "an alert in hiding": "C client_hello\n S server_hello_sha256 data:800\n C data:53\n S data:19\n S fin",
    "sent again": "C client_hello\n C again\n S server_hello",
    "renegotiation": HELLOS
    + """S certificate server_hello_done\n C client_key_exchange ccs finished:40\n S ccs finished:40
        C finished:300\n S finished:900\n C data:40\n S data:50""",
}

ODD = {
    "a hole": "C client_hello\n S server_hello lost\n S certificate\n S server_hello_done",
    "one side": "C client_hello\n S fin",
    "words before TLS": "S text:220\n C text:STARTTLS\n S text:220\n C client_hello\n S server_hello",
    "a body that cannot be read": HELLOS + "S hex:16030300060b000002ffff",
    "a message in two records": "C client_hello\n S hex:16030300050b00000600 hex:1603030005000003300100\n",
    "no TLS": "C text:GET\n S text:400",
}


@pytest.fixture(autouse=True)
def nothing_remembered():
    course.forget()


@pytest.fixture
def is_retraced(monkeypatch):
    """Tell whether a flow is read by a course."""

    def tell(flow: Flow) -> bool:
        with monkeypatch.context() as context:
            heard = []
            context.setattr(course, "listen", lambda flow: heard.append(flow) or listen(flow))
            read_flow(flow)
            return not heard

    return tell


def read_anew(flow: Flow) -> Told:
    speech = listen(flow)
    line = read_line(flow, speech)
    return Told(speech, line, split(line.events))


def changed(flow: Flow, changes: dict[tuple[int, int], int]) -> Flow:
    """Make a flow of which other bytes were sent: by side and place in all that was kept of it."""
    streams = []
    for side, stream in enumerate(flow.streams):
        runs, before = [], 0
        for start, data in stream.runs:
            other = bytearray(data)
            for (where, place), value in changes.items():
                if where == side and before <= place < before + len(data):
                    other[place - before] = value
            runs.append(Run(start, bytes(other)))
            before += len(data)
        streams.append(replace(stream, runs=runs))
    return replace(flow, streams=(streams[0], streams[1]))


RANDOM = bytes(range(32))


def twice(flow: Callable[..., Flow], script: str) -> Flow:
    """Let two flows come, so that a third is read by their course; return one like them."""
    for _ in range(2):
        read_flow(flow(script))
    return flow(script)


def place_of(flow: Flow, side: int, data: bytes) -> int:
    """Return where in what a side sent some bytes begin."""
    return b"".join(run.data for run in flow.streams[side].runs).index(data)


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_third_of_its_kind_is_read_by_the_course_of_the_second(flow, is_retraced, script):
    once = flow(SCRIPTS[script])

    assert [False, False, True] == [is_retraced(once) for _ in range(3)]
    assert read_anew(once) == read_flow(once)


@pytest.mark.parametrize("script", ODD)
def test_what_is_out_of_the_ordinary_is_read_anew(flow, is_retraced, script):
    once = flow(ODD[script])

    assert not any(is_retraced(once) for _ in range(4))
    assert read_anew(once) == read_flow(once)


def test_what_messages_say_is_each_flows_own(flow, is_retraced, tls12):
    like = twice(flow, tls12)
    other = changed(
        like, {(0, place_of(like, 0, RANDOM)): 0xEE, (1, place_of(like, 1, RANDOM)): 0xDD}
    )

    assert is_retraced(other)
    hellos = [event.body for event in read_flow(other).line.events if event.name.endswith("hello")]
    assert [b"\xee" + RANDOM[1:], b"\xdd" + RANDOM[1:]] == [hello.random for hello in hellos]


def test_packets_and_times_are_each_flows_own(flow, is_retraced, tls12):
    twice(flow, tls12)
    later = flow("+60\n" + tls12.replace("S server_hello", "C\n S server_hello"))

    assert is_retraced(later)
    assert read_anew(later) == read_flow(later)


def test_another_choice_of_the_server_is_another_course(flow, is_retraced, tls12):
    like = twice(flow, tls12)
    suite = place_of(like, 1, b"\xc0\x2f")
    other = changed(like, {(1, suite + 1): 0x30})

    assert [False, True] == [is_retraced(other) for _ in range(2)]
    assert read_anew(other) == read_flow(other)
    assert is_retraced(like)


def test_another_order_of_packets_is_another_course(flow, is_retraced):
    one, two = (
        "C client_hello\n S server_hello\n C fin\n S fin",
        "C client_hello\n S server_hello\n S fin\n C fin",
    )
    twice(flow, one)

    assert not is_retraced(flow(two))


def test_courses_have_an_end(flow):
    for length in range(course.MOST_OUTLINES + 10):
        read_flow(flow(f"C client_hello\n S server_hello\n C data:{length + 1}"))

    assert len(course._courses) <= course.MOST_OUTLINES


@given(st.data())
def test_whatever_changes_is_read_as_if_there_were_no_course(flow, tls12, tls13, data):
    """Any bytes, headers too, may be others than in the flow whose course is kept."""
    course.forget()
    like = twice(flow, data.draw(st.sampled_from((tls12, tls13, *SCRIPTS.values()))))
    sizes = [sum(len(run.data) for run in stream.runs) for stream in like.streams]
    side = st.sampled_from((0, 1))
    places = side.flatmap(lambda side: st.tuples(st.just(side), st.integers(0, sizes[side] - 1)))
    changes = data.draw(st.dictionaries(places, st.integers(0, 255), min_size=1, max_size=8))

    other = changed(like, changes)

    assert read_anew(other) == read_flow(other)
