from __future__ import annotations

import pytest

HELLOS = "C client_hello\n S server_hello "
DONE = " server_key_exchange server_hello_done\n"
THROUGH = DONE + "C client_key_exchange ccs finished:40\n S ccs finished:40\n"


@pytest.mark.parametrize(
    "capture, cause",
    [
        ("expired_tls12.pcap", "certificate.expired"),
        ("expired_tls12_node.pcap", "certificate.expired"),
        ("expired_tls12_nss.pcap", "certificate.expired"),
        ("not_yet_valid_tls12_java.pcap", "certificate.not_yet_valid"),
        ("unknown_ca_tls12.pcap", "certificate.untrusted.unknown_ca"),
        ("unknown_ca_tls12_gnutls.pcap", "certificate.untrusted.unknown_ca"),
        ("self_signed_tls12.pcap", "certificate.untrusted.self_signed"),
        ("missing_intermediate_tls12.pcap", "certificate.untrusted.missing_intermediate"),
        ("wrong_name_tls12.pcap", "certificate.name"),
        ("wrong_name_tls12_curl.pcap", "certificate.name"),
        ("dtls_expired.pcap", "certificate.expired"),
    ],
)
def test_the_chain_tells_the_cause(findings, capture, cause):
    assert [cause] == [finding.cause for finding in findings(capture=capture)]


def test_dates_and_names_are_said(findings):
    (finding,) = findings(capture="expired_tls12.pcap")

    assert "server.test expired on 2026-11-14 03:05 UTC, 10 d before" in str(finding.summary)
    assert "openssl s_client -connect 192.0.2.80:443 -servername server.test" in str(finding.fix)
    assert ("server", (6, 8)) == (finding.side, finding.packets)


@pytest.mark.parametrize("alert", ["bad_certificate", "certificate_unknown", "certificate_expired"])
def test_one_fault_has_many_alerts(findings, leaf, alert):
    (finding,) = findings(HELLOS + leaf(end_days=-1) + DONE + f"C alert:fatal:{alert}")

    assert "certificate.expired" == finding.cause


def test_the_fault_is_the_one_that_the_alert_means(findings, leaf, made):
    """The name is wrong too; unsupported_certificate is not said of a name."""
    chain = leaf(names=("other.test",), usage=made.Usage.CLIENT_AUTH)
    (finding,) = findings(HELLOS + chain + DONE + "C alert:fatal:unsupported_certificate")

    assert "certificate.usage" == finding.cause
    assert "other faults: name" in str(finding.summary)


def test_a_valid_chain_and_an_alert_that_says_expired_is_the_clients_clock(findings, leaf):
    (finding,) = findings(HELLOS + leaf() + DONE + "C alert:fatal:certificate_expired")

    assert ("certificate.clock", "client") == (finding.cause, finding.side)
    assert "2023-11-14" in str(finding.summary)


def test_a_clock_in_the_hello_is_compared(findings, leaf):
    """The hello speaks TLS 1.2 only, and its random begins with a day a year before the capture."""
    told = 1_700_000_000 - 365 * 86400
    body = (
        b"\x03\x03" + told.to_bytes(4, "big") + bytes(range(28)) + b"\x00"
    ).hex() + "0002c02f0100"
    hello = f"hex:160303{len(body) // 2 + 4:04x}01{len(body) // 2:06x}{body}"
    script = f"C {hello}\n S server_hello {leaf()} {DONE} C alert:fatal:bad_certificate"

    assert "certificate.clock" in [finding.cause for finding in findings(script)]


def test_a_client_that_completes_and_says_goodbye_may_pin(findings, leaf):
    found = findings(HELLOS + leaf() + THROUGH + "C alert:26 fin")

    assert ["certificate.pinned", "certificate.untrusted.unknown_ca"] == [f.cause for f in found]


def test_a_server_name_that_a_shell_would_not_leave_alone_is_in_no_command(findings, leaf, hello):
    script = f"C {hello(name='a;reboot')}\n S server_hello {leaf()} {DONE} C alert:fatal:unknown_ca"
    (finding,) = findings(script)

    assert "s_client" in str(finding.fix)
    assert "reboot" not in str(finding.fix)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("C alert:fatal:illegal_parameter", id="an alert about something else"),
        pytest.param("C alert:fatal:decrypt_error", id="a signature of the chain that is good"),
        pytest.param("S alert:fatal:certificate_expired", id="the server's own"),
    ],
)
def test_other_refusals_say_nothing_of_the_chain(findings, leaf, script):
    assert [] == findings(HELLOS + leaf() + DONE + script)


def test_a_chain_that_cannot_be_read_says_nothing(findings):
    assert [] == findings(capture="expired_tls13.pcap")


def test_a_handshake_that_went_well_has_nothing_to_be_refused(findings, leaf):
    assert [] == findings(HELLOS + leaf(end_days=-1) + THROUGH + "C data:50\n S data:50")
