"""What encrypted records of TLS 1.3 are, by their length."""

from __future__ import annotations

import pytest

from tlsparse.handshake.event import Event
from tlsparse.handshake.inference import hash_bytes, infer, tag_bytes
from tlsparse.tls.codes import CipherSuite

SHA256 = CipherSuite.TLS_AES_128_GCM_SHA256
SHA384 = CipherSuite.TLS_AES_256_GCM_SHA384
CCM_8 = CipherSuite.TLS_AES_128_CCM_8_SHA256


def data(sender, packet: int, length: int) -> Event:
    return Event(
        "data", "application_data", sender, packet, packet, length, True, start=packet * 100
    )


def talk(client: list[int], server: list[int], suite=SHA256, late: list[int] = ()):
    """A ServerHello and the server's flight in packet 2, the client's in 3, what the server says then in 4."""
    hello = Event("message", "server_hello", "server", 2, 2, start=0)
    said = [data("client", 3, length) for length in client]
    answered = [data("server", 2, n) for n in server] + [data("server", 4, n) for n in late]
    infer(said, [hello, *answered], suite)
    return said, answered


def what(events: list[Event]) -> list[str]:
    return [e.meaning or (e.kind if e.kind != "message" else e.name) for e in events]


@pytest.mark.parametrize(
    "suite, length",
    [
        pytest.param(SHA256, 4 + 32 + 1 + 16, id="SHA-256"),
        pytest.param(SHA384, 4 + 48 + 1 + 16, id="SHA-384"),
        pytest.param(CCM_8, 4 + 32 + 1 + 8, id="CCM_8"),
        pytest.param(SHA256, 4 + 32 + 1 + 16 + 16, id="SHA-256, padded by Java"),
        pytest.param(SHA384, 4 + 48 + 1 + 16 + 16, id="SHA-384, padded by Java"),
        pytest.param(None, 4 + 32 + 1 + 16, id="suite unknown, SHA-256"),
        pytest.param(None, 4 + 48 + 1 + 16, id="suite unknown, SHA-384"),
    ],
)
def test_finished_is_known_by_its_length(suite, length):
    said, _ = talk([length, 200], [], suite)

    assert ["finished", "data"] == what(said)
    assert "encrypted" == said[0].name


def test_a_record_of_another_length_is_no_finished():
    said, _ = talk([30], [])

    assert ["data"] == what(said)


def test_what_comes_before_finished_is_the_clients_certificate():
    said, _ = talk([900, 281, 53, 100], [])

    assert ["encrypted", "encrypted", "finished", "data"] == what(said)


def test_a_whole_flight_in_one_record_ends_with_finished():
    """As NSS sends it."""
    said, _ = talk([1200], [])

    assert ["finished"] == what(said)


def test_finished_is_not_looked_for_far_behind():
    said, _ = talk([30] * 6 + [53], [])

    assert ["data"] * 7 == what(said)


def test_the_servers_records_before_finished_are_its_flight():
    _, answered = talk([53], [32, 800, 281, 53], late=[250, 1400])

    assert ["encrypted"] * 4 + ["data"] * 2 == what(answered)


def test_without_a_finished_all_that_the_server_said_is_its_flight():
    _, answered = talk([], [32, 800, 281, 53])

    assert ["encrypted"] * 4 == what(answered)


@pytest.mark.parametrize(
    "suite, length",
    [
        pytest.param(SHA256, 2 + 1 + 16, id="SHA-256"),
        pytest.param(CCM_8, 2 + 1 + 8, id="CCM_8"),
        pytest.param(SHA256, 2 + 1 + 16 + 16, id="padded by Java"),
    ],
)
def test_an_alert_in_place_of_finished_is_known_by_its_length(suite, length):
    said, _ = talk([length], [32, 800], suite)

    (alert,) = said
    assert ("alert", "encrypted", True, True) == (
        alert.kind,
        alert.name,
        alert.encrypted,
        alert.inferred,
    )


def test_the_last_record_of_a_side_may_be_an_alert():
    said, answered = talk([53, 100, 19], [32, 800], late=[300, 19])

    assert ["finished", "data", "alert"] == what(said)
    assert ["encrypted", "encrypted", "data", "alert"] == what(answered)


def test_a_short_record_with_data_behind_it_is_data():
    """Two bytes of data are as long as an alert; but after an alert nobody goes on."""
    said, _ = talk([53, 19, 100], [32, 800])

    assert ["finished", "data", "data"] == what(said)


def test_data_of_18_bytes_is_no_padded_alert_of_a_side_that_does_not_pad():
    """As long as an alert that Java pads; this client's Finished was not padded."""
    said, _ = talk([53, 100, 35], [32, 800])

    assert ["finished", "data", "data"] == what(said)


def test_early_data_stays_data():
    early = data("client", 1, 53)
    hello = Event("message", "server_hello", "server", 2, 2, start=0)
    finished = data("client", 3, 53)

    infer([early, finished], [hello], SHA256)

    assert ["data", "finished"] == what([early, finished])


def test_without_a_server_hello_nothing_is_concluded():
    said = [data("client", 3, 53)]

    infer(said, [], None)

    assert ["data"] == what(said)


def test_a_suite_that_is_not_known_may_have_either_hash():
    assert ((32, 48), (48,), (32,)) == (hash_bytes(None), hash_bytes(SHA384), hash_bytes(CCM_8))


def test_only_ccm_8_has_a_short_tag():
    assert (16, 16, 8) == (tag_bytes(None), tag_bytes(SHA384), tag_bytes(CCM_8))
