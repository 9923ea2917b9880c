from __future__ import annotations

import pytest

import tlsparse
from tlsparse.diagnosis.rules.server_certificate_refused import server_certificate_refused
from tlsparse.trust.trust import read_trust

NAMES = ("server.test",)

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
        ("inspected_tls12.pcap", "certificate.untrusted.interception"),
        ("wrong_name_tls12.pcap", "certificate.name"),
        ("wrong_name_tls12_curl.pcap", "certificate.name"),
        ("dtls_expired.pcap", "certificate.expired"),
    ],
)
def test_the_chain_tells_the_cause(findings, capture, cause):
    number = 1 if capture.startswith("inspected") else 0
    assert [cause] == [finding.cause for finding in findings(capture=capture, number=number)]


def test_an_issuer_that_was_not_sent_may_be_a_root(findings):
    """Its name, Test Intermediate, speaks for the one and not much against the other."""
    first, second = findings(capture="missing_intermediate_tls12.pcap")

    assert "certificate.untrusted.missing_intermediate" == first.cause
    assert ("certificate.untrusted.unknown_ca", "client") == (second.cause, second.side)
    assert first.confidence > 3 * second.confidence


def test_an_address_of_the_issuer_leaves_no_doubt(findings, authority, chain):
    issuer = authority("Acme Issuing CA")
    sent = authority("leaf", issuer, authority=False, names=NAMES, aia="http://ca.test/i.crt")
    (finding,) = findings(HELLOS + chain(sent) + DONE + "C alert:fatal:unknown_ca")

    assert "certificate.untrusted.missing_intermediate" == finding.cause
    assert "Fetch the certificate of CN=Acme Issuing CA from http://ca.test/i.crt" in str(
        finding.fix
    )


def test_a_revocation_list_tells_what_was_revoked(captures):
    capture = tlsparse.read(
        captures / "revoked_tls12.pcap",
        roots=captures / "revoked_tls12.pem",
        crls=captures / "revoked_tls12.crl",
    )
    (finding,) = capture.contents.findings[0]

    assert "certificate.revoked" == finding.cause
    assert "by the list of CN=Test Intermediate" in str(finding.summary)
    assert "(keyCompromise)" in str(finding.summary)


@pytest.mark.parametrize(
    "refusal, known", [("unknown_ca", 0.9), ("bad_certificate", 0.5), ("certificate_expired", 0)]
)
def test_a_chain_to_a_root_of_ours_has_no_fault(
    handshake, authority, chain, refusal, known, tmp_path
):
    roots, own = tmp_path / "ours.pem", authority("Our Root")
    roots.write_bytes(own.pem)
    sent = chain(authority("leaf", own, authority=False, names=NAMES))
    refused = handshake(HELLOS + sent + DONE + f"C alert:fatal:{refusal}")
    refused.trust = read_trust(roots)
    found = list(server_certificate_refused(refused))

    assert [known] * bool(known) == [finding.confidence for finding in found]
    assert all(f"CN=Our Root, which is in {roots}" in str(found.summary) for found in found)


def test_openssl_has_another_word_for_a_root_that_it_does_not_know(captures):
    """Its bad_certificate is said of a chain with another fault, so that a root is hardly meant."""
    capture = tlsparse.read(captures / "unknown_ca_tls12.pcap")
    refused = capture.handshake(0)
    refused.ending.decisive.name = "bad_certificate"
    (finding,) = server_certificate_refused(refused)

    assert ("certificate.untrusted.unknown_ca", 0.25) == (finding.cause, finding.confidence)


def test_the_setting_is_that_of_the_stack(findings):
    """curl does not know a root; nginx lacks an intermediate."""
    unknown = findings(capture="unknown_ca_tls12.pcap")[0]
    missing = findings(capture="missing_intermediate_tls12.pcap")[0]

    assert "curl: --cacert" in str(unknown.fix)
    assert "nginx: ssl_certificate" in str(missing.fix)


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
    assert "Besides: The client asked for" in str(finding.summary)
    assert "the certificate is for DNS:other.test" in str(finding.summary)


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


# --- A client that closes in place of its own flight -----------------------------------------------------------------


@pytest.mark.parametrize("end, how", [("fin", "closed"), ("rst", "reset")])
def test_a_client_that_leaves_when_it_has_seen_the_chain(findings, authority, chain, end, how):
    """As programs on mbedTLS do, and Bun. It may also have been stopped by its user."""
    own = authority("Our Root")
    sent = chain(authority("leaf", own, authority=False, names=NAMES), own)
    (finding,) = findings(HELLOS + sent + DONE + f"C {end}")

    assert "certificate.untrusted.unknown_ca" == finding.cause
    assert str(finding.summary).startswith(f"The client {how} the connection (packet 6) when")
    assert 0.6 < finding.confidence < 0.7


def test_a_name_that_does_not_match_explains_it_better(findings, authority, chain):
    own = authority("Our Root")
    sent = chain(authority("leaf", own, authority=False, names=("other.test",)), own)
    (finding,) = findings(HELLOS + sent + DONE + "C fin")

    assert ("certificate.name", 0.8) == (finding.cause, finding.confidence)


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param("+3 C fin", id="who waits had a time-out"),
        pytest.param("-0.00095 C rst", id="who leaves at once has not looked at it"),
        pytest.param("S fin", id="the server closes"),
    ],
)
def test_who_leaves_otherwise_did_not_dislike_it(findings, authority, chain, ending):
    sent = chain(authority("leaf", authority("Our Root"), authority=False, names=NAMES))

    assert [] == findings(HELLOS + sent + DONE + ending)
