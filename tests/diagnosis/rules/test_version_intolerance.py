from __future__ import annotations

import pytest

from tlsparse.diagnosis.rules.version_intolerance import version_intolerance

TLS12 = """
        S certificate server_key_exchange server_hello_done
        C client_key_exchange ccs finished:40
        S ccs finished:40
        C data:100
        S data:300
"""


@pytest.fixture
def accepted(handshake, hello, answer):
    """A handshake of the same client, to the same server, that offers TLS 1.2 and is accepted."""
    return handshake(f"C {hello(versions=None)}\n S {answer()}\n{TLS12}")


@pytest.mark.parametrize("end", ["S rst", "S fin", "S alert:fatal:handshake_failure", "S \n +30"])
def test_a_newer_hello_that_fails_where_an_older_one_passes_is_found(
    handshake, hello, accepted, end, introduce
):
    failed = handshake(f"C {hello()}\n {end}")
    introduce([failed, accepted])
    (finding,) = version_intolerance(failed)

    assert ("negotiation.version.intolerance", "server") == (finding.cause, finding.side)
    assert "TLS 1.3" in str(finding.summary)


def test_a_hello_that_nobody_else_got_through_with_less_tells_nothing(handshake, hello, introduce):
    failed = handshake(f"C {hello()}\n S rst")
    introduce([failed])

    assert [] == list(version_intolerance(failed))


def test_an_older_hello_that_fails_too_has_another_reason(handshake, hello, accepted, introduce):
    failed = handshake(f"C {hello(versions=None)}\n S rst")
    introduce([failed, accepted])

    assert [] == list(version_intolerance(failed))


@pytest.fixture
def next_try(handshake, hello):
    """The same client's next hello, with less: it arrives, and is not answered."""
    later = handshake(f"C {hello(versions=None)}\n S \n +9 C fin")
    later.flow.start_ns += 1
    return later


@pytest.mark.parametrize(
    "end, word", [("S rst", "was reset"), ("blackholed \n +3 C again blackholed \n +9", "never")]
)
def test_a_hello_that_is_cut_off_where_one_with_less_passes_is_found(
    handshake, hello, next_try, end, word, introduce
):
    first = handshake(f"C {hello()} {end}" if "holed" in end else f"C {hello()}\n {end}")
    introduce([first, next_try])
    (finding,) = version_intolerance(first)

    assert ("negotiation.version.intolerance", "network") == (finding.cause, finding.side)
    assert word in str(finding.summary)
