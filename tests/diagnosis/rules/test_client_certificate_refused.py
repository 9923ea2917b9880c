from __future__ import annotations

import pytest

HELLOS = "C client_hello\n S server_hello certificate server_key_exchange certificate_request server_hello_done\n C "
VERIFIED = " client_key_exchange certificate_verify ccs finished:40\n"


@pytest.mark.parametrize(
    "capture, cause, packets",
    [
        ("no_client_certificate_tls12.pcap", "client_certificate.missing", (8, 9)),
        ("no_client_certificate_tls13.pcap", "client_certificate.missing", (8, 10)),
        ("unknown_client_ca_tls12.pcap", "client_certificate.unknown_ca", (8, 9)),
    ],
)
def test_the_clients_answer_tells_the_cause(findings, capture, cause, packets):
    (finding,) = findings(capture=capture)

    assert (cause, "client", packets) == (finding.cause, finding.side, finding.packets)


@pytest.mark.parametrize("alert", ["handshake_failure", "bad_certificate", "decode_error"])
def test_an_empty_certificate_has_many_alerts(findings, alert):
    empty = "hex:1603030007" + "0b000003000000"
    (finding,) = findings(
        f"{HELLOS}{empty} client_key_exchange ccs finished:40\n S alert:fatal:{alert}"
    )

    assert "client_certificate.missing" == finding.cause


@pytest.mark.parametrize(
    "alert", ["certificate_expired", "bad_certificate", "certificate_unknown", "access_denied"]
)
def test_an_expired_certificate(findings, leaf, made, alert):
    chain = leaf(end_days=-9, usage=made.Usage.CLIENT_AUTH)
    (finding,) = findings(f"{HELLOS}{chain}{VERIFIED} S alert:fatal:{alert}")

    assert "client_certificate.expired" == finding.cause


def test_a_certificate_for_servers(findings, leaf):
    (finding,) = findings(f"{HELLOS}{leaf()}{VERIFIED} S alert:fatal:certificate_unknown")

    assert "client_certificate.usage" == finding.cause
    assert "clientAuth" in str(finding.fix)


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param("S alert:fatal:decrypt_error", id="it is the proof that is refused"),
        pytest.param("S ccs finished:40 \n C data:60 \n S data:60", id="the server is content"),
    ],
)
def test_other_endings_are_not_found(findings, leaf, ending):
    assert [] == findings(f"{HELLOS}{leaf(end_days=-9)}{VERIFIED} {ending}")


def test_a_certificate_of_tls13_that_is_not_empty_is_not_missing(findings):
    assert [] == findings(capture="unknown_client_ca_tls13.pcap")


@pytest.mark.parametrize("named, causes", [("Our Root", []), ("Another", ["unknown_ca"])])
def test_a_root_that_the_server_names_is_one_that_it_knows(
    findings, authority, chain, made, request_for, named, causes
):
    """So it left for another reason, or for none: a proxy whose backend is down completes, and closes."""
    own = authority("Our Root")
    sent = chain(authority("client", own, authority=False, usage=made.Usage.CLIENT_AUTH), own)
    request = request_for(authority(named))
    said = findings(f"""
        C client_hello
        S server_hello certificate server_key_exchange {request} server_hello_done
        C {sent}{VERIFIED}
        S ccs finished:40
        C data:99
        S rst
    """)

    assert causes == [finding.cause.rpartition(".")[2] for finding in said]
