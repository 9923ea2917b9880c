"""Handshakes as tables, written by hand: what each of them shows is known before it is drawn."""

from __future__ import annotations

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd
import pytest

STARTED = pd.Timestamp("2026-03-01 10:00:00.250", tz="UTC")
CLIENT, SERVER = "192.0.2.10:51422", "198.51.100.7:443"


def events_frame(rows, *, handshake=0, flow=0, client=CLIENT, server=SERVER):
    """Rows of capture.events from (packet, elapsed_ms, sender, kind, name, detail, length_bytes)."""
    table = pd.DataFrame(
        [(*row, *[None] * (7 - len(row))) for row in rows],
        columns=["packet", "elapsed_ms", "sender", "kind", "name", "detail", "length_bytes"],
    )
    time = STARTED + pd.to_timedelta(table["elapsed_ms"].astype(float), unit="ms")
    encrypted = table["name"].eq("encrypted")
    level = table["kind"].eq("alert") & ~encrypted
    return pd.DataFrame(
        {
            "handshake": pd.array([handshake] * len(table), dtype="Int64"),
            "flow": pd.array([flow] * len(table), dtype="Int64"),
            "packet": table["packet"].astype("Int64"),
            "time": time.astype("datetime64[ns, UTC]"),
            "elapsed_ms": table["elapsed_ms"].astype("float64"),
            "sender": table["sender"].astype("string"),
            "kind": table["kind"].astype("string"),
            "name": table["name"].astype("string"),
            "detail": table["detail"].astype("string"),
            "length_bytes": table["length_bytes"].astype("Int64"),
            "encrypted": encrypted.astype("boolean"),
            "level": pd.Series("fatal", index=table.index, dtype="string").where(level),
            "client": client,
            "server": server,
        }
    )


@pytest.fixture
def completed():
    """TLS 1.3, completed: every encrypted message arrives with the ServerHello."""
    return events_frame(
        [
            (1, 0.0, "client", "transport", "syn"),
            (2, 11.9, "server", "transport", "syn_ack"),
            (4, 12.4, "client", "message", "client_hello", "TLS 1.3, www.example.test", 517),
            (6, 26.1, "server", "message", "server_hello", "TLS_AES_128_GCM_SHA256, x25519", 122),
            (6, 26.1, "server", "message", "change_cipher_spec", None, 1),
            (6, 26.1, "server", "message", "encrypted", None, 36),
            (7, 26.3, "server", "message", "encrypted", None, 2461),
            (7, 26.3, "server", "message", "encrypted", None, 281),
            (7, 26.3, "server", "message", "encrypted", None, 53),
            (9, 28.7, "client", "message", "change_cipher_spec", None, 1),
            (9, 28.7, "client", "message", "encrypted", None, 53),
            (10, 29.0, "client", "transport", "application_data"),
            (12, 41.5, "server", "transport", "application_data"),
            (15, 43.0, "client", "alert", "encrypted"),
            (16, 43.1, "client", "transport", "fin"),
            (17, 55.2, "server", "transport", "fin"),
        ]
    )


@pytest.fixture
def expired():
    """TLS 1.2: the client refuses an expired certificate."""
    return events_frame(
        [
            (1, 0.0, "client", "transport", "syn"),
            (2, 0.041, "server", "transport", "syn_ack"),
            (4, 0.912, "client", "message", "client_hello", "TLS 1.2, expired.example.test", 508),
            (6, 2.204, "server", "message", "server_hello", "TLS 1.2, ECDHE_RSA_AES128_GCM", 61),
            (6, 2.204, "server", "message", "certificate", "CN=expired.example.test", 1836),
            (6, 2.204, "server", "message", "server_key_exchange", None, 300),
            (6, 2.204, "server", "message", "server_hello_done", None, 4),
            (8, 3.577, "client", "alert", "certificate_expired"),
            (9, 3.602, "client", "transport", "rst"),
        ]
    )


@pytest.fixture
def silent():
    """The ClientHello is never answered; TCP repeats it, waiting twice as long each time."""
    return events_frame(
        [
            (1, 0.0, "client", "transport", "syn"),
            (2, 31.0, "server", "transport", "syn_ack"),
            (4, 31.6, "client", "message", "client_hello", "TLS 1.3, silent.example.test", 1789),
            (6, 262.0, "client", "transport", "retransmission"),
            (7, 724.0, "client", "transport", "retransmission"),
            (9, 1650.0, "client", "transport", "retransmission"),
            (10, 3502.0, "client", "transport", "retransmission"),
            (14, 7206.0, "client", "transport", "retransmission"),
            (15, 10031.6, "client", "transport", "fin"),
        ]
    )


@pytest.fixture
def long_handshake():
    """Make a handshake of so many events, each in a packet of its own."""

    def build(count):
        sides = ("client", "server")
        rows = [
            (number + 1, number * 1.25, sides[number % 2], "message", "key_update", None, 5)
            for number in range(count)
        ]
        rows[-1] = (count, (count - 1) * 1.25, "server", "alert", "unexpected_message")
        return events_frame(rows)

    return build


@pytest.fixture
def make_events():
    """Make rows of capture.events from tuples; see `events_frame`."""
    return events_frame


FATES = (  # outcome, step, duration in ms, cause
    ("completed", None, 31.2, None),
    ("completed", None, 28.9, None),
    ("alerted", "certificate", 44.0, "certificate.expired"),
    ("completed", None, 35.5, None),
    ("silent", "server_hello", 900.0, "network.blackhole"),
    ("completed", None, 30.1, None),
    ("reset", "client_hello", 18.0, "middlebox.reset"),
    ("rejected", "client_certificate", 52.0, None),
    ("completed", None, 290.0, None),
    ("refused", "tcp_connect", 0.4, None),
    ("closed", "finished", 61.0, None),
    ("not_tls", "server_hello", 22.0, "port.http"),
    ("cut", None, None, None),
)


@pytest.fixture
def make_handshakes():
    """Make rows of capture.handshakes: so many, one every so many milliseconds, to some servers."""

    def build(count, *, every_ms=70.0, servers=4):
        fates = [FATES[number % len(FATES)] for number in range(count)]
        starts = [STARTED + pd.Timedelta(number * every_ms, unit="ms") for number in range(count)]
        return pd.DataFrame(
            {
                "handshake": pd.array(range(count), dtype="Int64"),
                "flow": pd.array(range(count), dtype="Int64"),
                "server_name": pd.array(
                    [f"host{number * 7 % servers}.example.test" for number in range(count)],
                    dtype="string",
                ),
                "version": pd.array(["TLS 1.3"] * count, dtype="string"),
                "outcome": pd.array([fate[0] for fate in fates], dtype="string"),
                "step": pd.array([fate[1] for fate in fates], dtype="string"),
                "duration_ms": pd.array([fate[2] for fate in fates], dtype="Float64"),
                "start": pd.Series(starts, dtype="datetime64[ns, UTC]"),
                "client": pd.array([CLIENT] * count, dtype="string"),
                "server": pd.array([SERVER] * count, dtype="string"),
                "cause": pd.array([fate[3] for fate in fates], dtype="string"),
            }
        )

    return build


@pytest.fixture(autouse=True)
def no_figure_outlives_its_test():
    yield
    plt.close("all")
