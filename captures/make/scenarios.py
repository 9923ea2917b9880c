"""Every capture, one function each: its name is the file's, its docstring the story.

The first paragraph of the docstring goes into the manifest. The decorator says what a reader of
the packets must find: the outcome of each handshake in order of first packet, and the cause of
each failed one. To add a capture, add a function here and run ``make.py`` with its name.

Where the packets alone cannot tell the whole cause (the alert of a TLS 1.3 client is mostly
encrypted), the cause given is the general one that they can.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lab import Lab
from network import (
    MONITOR,
    SECOND_CLIENT,
    SECOND_SERVER,
    SERVER,
    Middlebox,
    Side,
    forged_reset,
    icmp_error,
    inside,
    payload_of,
    reset_for,
    with_payload,
)
from peers import (
    REQUEST,
    balancer,
    chrome_like_client,
    connect_proxy,
    curl,
    dtls_client,
    dtls_server,
    gnutls_client,
    gnutls_server,
    go_client,
    go_server,
    hasty_server,
    imap_server,
    intolerant_server,
    java_client,
    java_server,
    nginx,
    node_client,
    nss_client,
    nss_server,
    openssl_client,
    openssl_server,
    plain_server,
    python_client,
    quic_client,
    quic_server,
    smtp_server,
    tcp_client,
    tcp_server,
    tlslite_client,
    tlslite_server,
)

OLD = "-cipher ALL:@SECLEVEL=0"  # OpenSSL 3 speaks TLS 1.0 and 1.1 only when asked like this
CLIENT_CERTIFICATE = "-cert client.leaf.pem -key client.key -cert_chain client.chain.pem"
OTHER_CERTIFICATE = (
    "-cert other_client.leaf.pem -key other_client.key -cert_chain other_client.chain.pem"
)
ASK_CLIENT = "-CAfile root.pem -Verify 2 -verify_return_error"


@dataclass(frozen=True)
class Scenario:
    """One capture to make."""

    name: str
    story: str
    outcomes: str
    findings: str
    play: Callable[[Lab], None]
    network: dict[str, Any] = field(default_factory=dict)
    recording: dict[str, Any] = field(default_factory=dict)
    keylog: bool = False
    keeps: dict[str, str] = field(default_factory=dict)


SCENARIOS: dict[str, Scenario] = {}


def scenario(
    outcomes: str,
    findings: str = "",
    *,
    network: dict[str, Any] | None = None,
    recording: dict[str, Any] | None = None,
    keylog: bool = False,
    keeps: dict[str, str] | None = None,
) -> Callable[[Callable[[Lab], None]], Callable[[Lab], None]]:
    """Register a function as the scenario of the same name.

    `network` and `recording` are keyword arguments of `network.Network` and `lab.recording`,
    where the usual ones do not suit; `keylog` keeps the TLS secrets beside the capture, `keeps`
    other files of the infrastructure, by the suffix that they get.
    """

    def register(play: Callable[[Lab], None]) -> Callable[[Lab], None]:
        story = " ".join((play.__doc__ or "").split("\n\n")[0].split())
        SCENARIOS[play.__name__] = Scenario(
            play.__name__,
            story,
            " ".join(outcomes.split()),
            " ".join(findings.split()),
            play,
            network or {},
            recording or {},
            keylog,
            keeps or {},
        )
        return play

    return register


# Completed: every version ----------------------------------------------------------------------


@scenario("completed")
def ssl30(lab: Lab) -> None:
    """Two peers of tlslite-ng speak SSL 3.0, as last seen in the wild long ago; all is fine."""
    tlslite_server(lab)
    tlslite_client(lab)


@scenario("completed")
def tls10(lab: Lab) -> None:
    """An OpenSSL client and server made to speak TLS 1.0 exchange a page; all is fine."""
    openssl_server(lab, f"-tls1 {OLD}", cert="rsa")
    openssl_client(lab, f"-tls1 {OLD}")


@scenario("completed")
def tls11(lab: Lab) -> None:
    """An OpenSSL client and server made to speak TLS 1.1 exchange a page; all is fine."""
    openssl_server(lab, f"-tls1_1 {OLD}", cert="rsa")
    openssl_client(lab, f"-tls1_1 {OLD}")


@scenario("completed")
def tls12_rsa(lab: Lab) -> None:
    """A TLS 1.2 client offers only RSA key exchange with AES-CBC; all is fine."""
    openssl_server(lab, "-tls1_2", cert="rsa")
    openssl_client(lab, "-tls1_2 -cipher AES128-SHA256")


@scenario("completed")
def tls12_dhe(lab: Lab) -> None:
    """A TLS 1.2 client offers only finite-field Diffie-Hellman; all is fine."""
    openssl_server(lab, "-tls1_2", cert="rsa")
    openssl_client(lab, "-tls1_2 -cipher DHE-RSA-AES256-GCM-SHA384")


@scenario("completed")
def tls12_ecdhe_rsa(lab: Lab) -> None:
    """A TLS 1.2 client and server settle on ECDHE, an RSA certificate and ChaCha20; all is fine."""
    openssl_server(lab, "-tls1_2", cert="rsa")
    openssl_client(lab, "-tls1_2 -cipher ECDHE-RSA-CHACHA20-POLY1305")


@scenario("completed")
def tls12_ecdhe(lab: Lab) -> None:
    """curl asks nginx for a page over TLS 1.2 with ECDHE and an ECDSA certificate; all is fine."""
    nginx(lab, protocols="TLSv1.2")
    curl(lab)


@scenario("completed", keylog=True)
def tls13(lab: Lab) -> None:
    """curl asks nginx for a page over TLS 1.3; all is fine."""
    nginx(lab)
    curl(lab)


# Completed: other stacks -----------------------------------------------------------------------


@scenario("completed")
def gnutls_tls12(lab: Lab) -> None:
    """gnutls-cli asks gnutls-serv for a page over TLS 1.2; all is fine."""
    gnutls_server(lab)
    gnutls_client(lab, "--priority NORMAL:-VERS-ALL:+VERS-TLS1.2")


@scenario("completed", keylog=True)
def gnutls_tls13(lab: Lab) -> None:
    """gnutls-cli asks gnutls-serv for a page over TLS 1.3; all is fine."""
    gnutls_server(lab)
    gnutls_client(lab)


@scenario("completed")
def nss_tls12(lab: Lab) -> None:
    """tstclnt asks selfserv, both of NSS, for a page over TLS 1.2; all is fine."""
    nss_server(lab)
    nss_client(lab, "-V tls1.2:tls1.2")


@scenario("completed")
def nss_tls13(lab: Lab) -> None:
    """tstclnt asks selfserv, both of NSS, for a page over TLS 1.3; all is fine."""
    nss_server(lab, "-V tls1.2:tls1.3")
    nss_client(lab, "-V tls1.2:tls1.3")


@scenario("completed")
def java_to_go_tls13(lab: Lab) -> None:
    """A Java client, which pads its records, talks TLS 1.3 to a Go server; all is fine."""
    go_server(lab)
    java_client(lab, "TLSv1.3")


@scenario("completed")
def go_to_go_tls12(lab: Lab) -> None:
    """A Go client talks TLS 1.2 to a Go server; all is fine."""
    go_server(lab)
    go_client(lab, greatest="12")


@scenario("completed")
def node_to_nginx_tls13(lab: Lab) -> None:
    """A Node.js client asks nginx for a page over TLS 1.3; all is fine."""
    nginx(lab)
    node_client(lab, "TLSv1.3")


@scenario("completed", keylog=True)
def post_quantum(lab: Lab) -> None:
    """A client like Chrome sends a large hello with a post-quantum key share, GREASE values and
    a decoy for encrypted hellos; nginx answers with X25519."""
    nginx(lab)
    chrome_like_client(lab)


# Completed: what a handshake may also do --------------------------------------------------------


@scenario("completed completed")
def resumed_session_id(lab: Lab) -> None:
    """A TLS 1.2 client comes back with its session id, and the server remembers it."""
    openssl_server(lab, "-tls1_2 -no_ticket")
    openssl_client(lab, "-no_ticket -sess_out session.pem")
    openssl_client(lab, "-no_ticket -sess_in session.pem")


@scenario("completed completed")
def resumed_ticket(lab: Lab) -> None:
    """A TLS 1.2 client comes back with a session ticket, and the server accepts it."""
    openssl_server(lab, "-tls1_2")
    openssl_client(lab, "-sess_out session.pem")
    openssl_client(lab, "-sess_in session.pem")


@scenario("completed completed", keylog=True)
def resumed_psk(lab: Lab) -> None:
    """A TLS 1.3 client comes back with a pre-shared key from a ticket, and the server accepts."""
    openssl_server(lab)
    openssl_client(lab, "-sess_out session.pem")
    openssl_client(lab, "-sess_in session.pem")


@scenario("completed completed", keylog=True)
def early_data(lab: Lab) -> None:
    """A TLS 1.3 client comes back and sends its request as 0-RTT data, which nginx accepts."""
    nginx(lab, "ssl_early_data on;", protocols="TLSv1.3")
    (lab.folder / "request").write_bytes(REQUEST)
    openssl_client(lab, "-sess_out session.pem")
    openssl_client(lab, "-sess_in session.pem -early_data request", say=())


@scenario("completed completed", keylog=True)
def early_data_rejected(lab: Lab) -> None:
    """A TLS 1.3 client sends 0-RTT data to a server that resumes the session but no longer takes
    early data; the client sends its request again."""
    (lab.folder / "ticket.key").write_bytes(os.urandom(80))
    nginx(lab, "ssl_early_data on; ssl_session_ticket_key ticket.key;", protocols="TLSv1.3")
    (lab.folder / "request").write_bytes(REQUEST)
    openssl_client(lab, "-sess_out session.pem")
    lab.stop_servers()
    nginx(lab, "ssl_session_ticket_key ticket.key;", protocols="TLSv1.3")
    openssl_client(lab, "-sess_in session.pem -early_data request")


@scenario("completed", keylog=True)
def hello_retry(lab: Lab) -> None:
    """A TLS 1.3 client sends a key share for X25519, the server wants P-384 and says so in a
    HelloRetryRequest; the second hello is fine."""
    nginx(lab, "ssl_ecdh_curve secp384r1;")
    curl(lab, "--curves X25519:P-384")


@scenario("completed")
def mutual_tls12(lab: Lab) -> None:
    """A TLS 1.2 server asks for a client certificate and is satisfied with it."""
    openssl_server(lab, f"-tls1_2 {ASK_CLIENT}")
    openssl_client(lab, CLIENT_CERTIFICATE)


@scenario("completed", keylog=True)
def mutual_tls13(lab: Lab) -> None:
    """A TLS 1.3 server asks for a client certificate and is satisfied with it."""
    openssl_server(lab, ASK_CLIENT)
    openssl_client(lab, CLIENT_CERTIFICATE)


@scenario("completed completed")
def renegotiation(lab: Lab) -> None:
    """A TLS 1.2 client negotiates anew inside the connection before it sends its request."""
    openssl_server(lab, "-tls1_2 -client_renegotiation")
    openssl_client(lab, say=(0.1, b"R\n", 0.1, REQUEST, 1.5), commands=True)


@scenario("completed", keylog=True)
def key_update(lab: Lab) -> None:
    """A TLS 1.3 client asks for new keys on both sides before it sends its request."""
    openssl_server(lab)
    openssl_client(lab, say=(0.1, b"K\n", 0.1, REQUEST, 1.5), commands=True)


@scenario("completed")
def alpn(lab: Lab) -> None:
    """A TLS 1.2 client offers h2 and http/1.1, the server picks http/1.1."""
    openssl_server(lab, "-tls1_2 -alpn http/1.1")
    openssl_client(lab, "-alpn h2,http/1.1")


@scenario("completed")
def ocsp_stapling(lab: Lab) -> None:
    """A TLS 1.2 server staples an OCSP answer for its certificate: a CertificateStatus message."""
    openssl_server(lab, "-tls1_2 -status_file good.ocsp")
    openssl_client(lab, "-status")


@scenario("completed")
def large_certificate(lab: Lab) -> None:
    """A certificate of 121 names is cut into records of 512 bytes, over several segments."""
    openssl_server(lab, "-tls1_2 -max_send_frag 512", cert="many_names")
    openssl_client(lab)


@scenario("completed", network={"mtu": 240})
def small_segments(lab: Lab) -> None:
    """A path with packets of at most 240 bytes cuts every message of a TLS 1.2 handshake."""
    openssl_server(lab, "-tls1_2")
    openssl_client(lab)


@scenario("completed")
def long_client_hello(lab: Lab) -> None:
    """A ClientHello with 120 application protocols needs three segments."""
    openssl_server(lab, "-alpn http/1.1")
    protocols = ",".join([f"protocol-number-{n:03}/test" for n in range(120)] + ["http/1.1"])
    openssl_client(lab, f"-alpn {protocols}")


@scenario("completed")
def no_server_name(lab: Lab) -> None:
    """A TLS 1.3 client that sends no server name gets the only certificate there is."""
    openssl_server(lab)
    openssl_client(lab, "-noservername")


# Completed: other roads -------------------------------------------------------------------------


@scenario("completed")
def proxy_connect(lab: Lab) -> None:
    """curl reaches the server through an HTTP proxy on port 8080, with CONNECT."""
    nginx(lab)
    connect_proxy(lab)
    curl(lab, "--proxy http://proxy.test:8080")


@scenario("completed")
def starttls_smtp(lab: Lab) -> None:
    """A mail client upgrades its SMTP connection with STARTTLS."""
    smtp_server(lab)
    openssl_client(lab, "-connect server.test:25 -starttls smtp", say=(b"QUIT\r\n",))


@scenario("completed")
def starttls_imap(lab: Lab) -> None:
    """A mail client upgrades its IMAP connection with STARTTLS."""
    imap_server(lab)
    openssl_client(lab, "-connect server.test:143 -starttls imap", say=(b"a LOGOUT\r\n",))


@scenario("completed")
def ipv6(lab: Lab) -> None:
    """curl asks nginx for a page over TLS 1.3 and IPv6; all is fine."""
    nginx(lab)
    curl(lab, "--resolve server.test:443:[2001:db8::80]")


@scenario(
    "completed",
    network={"monitor": True},
    recording={"where": [], "link": MONITOR, "what": "vlan and tcp"},
)
def vlan(lab: Lab) -> None:
    """A TLS 1.3 connection is seen at the monitor port of a switch, tagged with VLAN 42."""
    nginx(lab)
    curl(lab)


@scenario("completed", recording={"link": "any"})
def linux_cooked_v2(lab: Lab) -> None:
    """A TLS 1.3 connection is recorded on all links at once, in the second "cooked" form."""
    nginx(lab)
    curl(lab)


@scenario("completed", recording={"link": "any", "options": ["-y", "LINUX_SLL"]})
def linux_cooked_v1(lab: Lab) -> None:
    """A TLS 1.3 connection is recorded on all links at once, in the first "cooked" form."""
    nginx(lab)
    curl(lab)


@scenario("completed", network={"link": "tun"})
def raw_ip(lab: Lab) -> None:
    """A TLS 1.3 connection crosses a tunnel whose packets have no link header."""
    nginx(lab)
    curl(lab)


# Failed: the client refuses the server's certificate --------------------------------------------


@scenario("alerted", "certificate.expired")
def expired_tls12(lab: Lab) -> None:
    """curl refuses the expired certificate of a TLS 1.2 server with certificate_expired."""
    nginx(lab, protocols="TLSv1.2", cert="expired")
    curl(lab)


@scenario("completed", "")
def expired_accepted(lab: Lab) -> None:
    """curl is told not to look at certificates, and accepts the expired one of a TLS 1.2 server."""
    nginx(lab, protocols="TLSv1.2", cert="expired")
    curl(lab, "--insecure")


@scenario("alerted", "certificate.expired")
def expired_tls13(lab: Lab) -> None:
    """curl refuses the expired certificate of a TLS 1.3 server; its alert is still in clear."""
    nginx(lab, cert="expired")
    curl(lab)


@scenario("alerted", "certificate", keylog=True)
def expired_tls13_gnutls(lab: Lab) -> None:
    """gnutls-cli refuses the expired certificate of a TLS 1.3 server with an encrypted alert."""
    nginx(lab, cert="expired")
    gnutls_client(lab)


@scenario("alerted", "certificate.expired")
def expired_tls12_nss(lab: Lab) -> None:
    """tstclnt of NSS refuses the expired certificate of a TLS 1.2 server after its own Finished,
    with an encrypted alert."""
    nginx(lab, protocols="TLSv1.2", cert="expired")
    nss_client(lab)


@scenario("rejected", "certificate.expired")
def expired_tls12_node(lab: Lab) -> None:
    """A Node.js client completes a TLS 1.2 handshake, finds that the certificate has expired, and
    closes without a word."""
    nginx(lab, protocols="TLSv1.2", cert="expired")
    node_client(lab, "TLSv1.2")


@scenario("alerted", "certificate.not_yet_valid")
def not_yet_valid_tls12_java(lab: Lab) -> None:
    """A Java client refuses a TLS 1.2 certificate that is valid only in a month."""
    nginx(lab, protocols="TLSv1.2", cert="not_yet_valid")
    java_client(lab, "TLSv1.2")


@scenario("alerted", "certificate.untrusted.unknown_ca")
def unknown_ca_tls12(lab: Lab) -> None:
    """curl refuses the certificate of an authority it does not know with unknown_ca."""
    nginx(lab, protocols="TLSv1.2", cert="other_ca")
    curl(lab)


@scenario("alerted", "certificate.untrusted.unknown_ca")
def unknown_ca_tls12_gnutls(lab: Lab) -> None:
    """gnutls-cli refuses the certificate of an authority it does not know with bad_certificate."""
    nginx(lab, protocols="TLSv1.2", cert="other_ca")
    gnutls_client(lab)


@scenario("alerted", "certificate", keylog=True)
def unknown_ca_tls13_go(lab: Lab) -> None:
    """A Go client refuses the certificate of an authority it does not know; its alert in TLS 1.3
    is encrypted."""
    nginx(lab, cert="other_ca")
    go_client(lab)


@scenario("alerted", "certificate")
def unknown_ca_tls13_java(lab: Lab) -> None:
    """A Java client refuses the certificate of an authority it does not know; its alert in
    TLS 1.3 is encrypted and padded."""
    nginx(lab, cert="other_ca")
    java_client(lab, "TLSv1.3")


@scenario("alerted", "certificate")
def unknown_ca_tls13_nss(lab: Lab) -> None:
    """tstclnt of NSS refuses the certificate of an authority it does not know in TLS 1.3."""
    nginx(lab, cert="other_ca")
    nss_client(lab)


@scenario("closed", "certificate")
def unknown_ca_tls13_node(lab: Lab) -> None:
    """A Node.js client does not know the authority of a TLS 1.3 server's certificate, and closes
    in place of its Finished, without an alert."""
    nginx(lab, cert="other_ca")
    node_client(lab, "TLSv1.3")


@scenario("alerted", "certificate.untrusted.self_signed")
def self_signed_tls12(lab: Lab) -> None:
    """openssl s_client refuses a self-signed certificate of a TLS 1.2 server."""
    openssl_server(lab, "-tls1_2", cert="self_signed")
    openssl_client(lab)


@scenario("alerted", "certificate.untrusted.missing_intermediate")
def missing_intermediate_tls12(lab: Lab) -> None:
    """A Python client refuses a chain because the server does not send the intermediate."""
    nginx(lab, protocols="TLSv1.2", cert="good", chain=False)
    python_client(lab)


@scenario("alerted", "certificate.revoked", keeps={".pem": "root.pem", ".crl": "intermediate.crl"})
def revoked_tls12(lab: Lab) -> None:
    """openssl s_client has a revocation list that names the certificate of a TLS 1.2 server, and
    refuses it with certificate_revoked."""
    openssl_server(lab, "-tls1_2", cert="revoked")
    openssl_client(lab, "-crl_check -CRL intermediate.crl")


@scenario("alerted", "certificate.clock")
def clock_ahead_tls12(lab: Lab) -> None:
    """openssl s_client takes the day for one a year ahead, and refuses the valid certificate of a
    TLS 1.2 server as expired."""
    openssl_server(lab, "-tls1_2")
    openssl_client(lab, f"-attime {int(time.time()) + 365 * 86400}")


@scenario("completed alerted", "certificate.expired")
def expired_shown_to_another(lab: Lab) -> None:
    """curl does not look at the expired certificate that a server shows it in TLS 1.2; gnutls-cli,
    for which it is encrypted in TLS 1.3, refuses it."""
    nginx(lab, cert="expired")
    curl(lab, "--insecure --tls-max 1.2")
    gnutls_client(lab)


@scenario("completed alerted", "certificate.untrusted.interception")
def inspected_tls12(lab: Lab) -> None:
    """A client accepts the certificate of a TLS 1.2 server; then an inspecting proxy takes its
    place, and the next client does not know the authority that signs for it."""
    nginx(lab, protocols="TLSv1.2")
    curl(lab)
    lab.stop_servers()
    nginx(lab, protocols="TLSv1.2", cert="inspected")
    gnutls_client(lab)


@scenario("alerted", "certificate.name")
def wrong_name_tls12(lab: Lab) -> None:
    """A Python client asks for other.test over TLS 1.2, gets a certificate for server.test and
    refuses it."""
    nginx(lab, protocols="TLSv1.2")
    python_client(lab, name="other.test")


@scenario("alerted", "certificate")
def wrong_name_tls13(lab: Lab) -> None:
    """openssl s_client expects other.test over TLS 1.3, and refuses the certificate in clear."""
    openssl_server(lab)
    openssl_client(lab, "-servername other.test -verify_hostname other.test")


@scenario("rejected", "certificate.name")
def wrong_name_tls12_curl(lab: Lab) -> None:
    """curl completes a TLS 1.2 handshake, finds that the certificate is for another name, and
    closes without a request."""
    nginx(lab, protocols="TLSv1.2")
    curl(lab, url="https://other.test/")


# Failed: the server refuses ---------------------------------------------------------------------


@scenario("alerted", "negotiation.cipher_suite")
def no_shared_cipher(lab: Lab) -> None:
    """A TLS 1.2 client offers only AES-128, a server knows only AES-256: handshake_failure."""
    openssl_server(lab, "-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384")
    openssl_client(lab, "-cipher ECDHE-ECDSA-AES128-GCM-SHA256 -tls1_2")


@scenario("alerted", "negotiation.group")
def no_shared_group(lab: Lab) -> None:
    """A TLS 1.3 client offers only X25519, a server knows only P-384: handshake_failure."""
    openssl_server(lab, "-tls1_3 -groups P-384")
    openssl_client(lab, "-groups X25519")


@scenario("alerted", "negotiation.group")
def group_unknown_to_server(lab: Lab) -> None:
    """A TLS 1.2 client offers only a Brainpool curve, which Java does not know: its server takes a
    curve of its own, and the client refuses that."""
    java_server(lab, "TLSv1.2", cert="rsa")
    openssl_client(lab, "-tls1_2 -groups brainpoolP256r1")


@scenario("alerted", "negotiation.version")
def old_client(lab: Lab) -> None:
    """A client that speaks TLS 1.1 at most meets a server that wants TLS 1.2: protocol_version."""
    nginx(lab)
    openssl_client(lab, f"-tls1_1 {OLD}")


@scenario("alerted", "negotiation.version.fallback")
def inappropriate_fallback(lab: Lab) -> None:
    """A client comes back with TLS 1.2 and says so, though the server has TLS 1.3."""
    nginx(lab)
    openssl_client(lab, "-tls1_2 -fallback_scsv")


@scenario("alerted", "negotiation.server_name.missing")
def server_name_missing(lab: Lab) -> None:
    """A client names nobody to a server that has no certificate for that: unrecognized_name."""
    nginx(lab, "ssl_reject_handshake on;")
    openssl_client(lab, "-noservername")


@scenario("alerted", "negotiation.weak_dh")
def weak_dh(lab: Lab) -> None:
    """A server has Diffie-Hellman parameters of 1024 bits, which an OpenSSL client refuses."""
    lab.prepare("openssl dhparam -dsaparam -out dh.pem 1024")
    suites = "DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"
    nginx(lab, f"ssl_dhparam dh.pem; ssl_ciphers {suites};", cert="rsa", protocols="TLSv1.2")
    openssl_client(lab, "-tls1_2 -cipher DEFAULT:@SECLEVEL=2")


@scenario("completed")
def weak_dh_accepted(lab: Lab) -> None:
    """A client with a low security level takes a Diffie-Hellman prime of 1024 bits."""
    lab.prepare("openssl dhparam -dsaparam -out dh.pem 1024")
    suites = "DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"
    nginx(lab, f"ssl_dhparam dh.pem; ssl_ciphers {suites};", cert="rsa", protocols="TLSv1.2")
    openssl_client(lab, f"-tls1_2 -cipher {suites}")


@scenario("completed")
def sha1_signature(lab: Lab) -> None:
    """A client and a server of TLS 1.2 that sign with SHA-1 alone, and have no encryption."""
    settings = "-tls1_2 -cipher ECDHE-RSA-NULL-SHA:@SECLEVEL=0 -sigalgs RSA+SHA1"
    openssl_server(lab, settings, cert="rsa")
    openssl_client(lab, settings)


@scenario("completed")
def legacy_renegotiation_accepted(lab: Lab) -> None:
    """A client that was told to live with a server without secure renegotiation."""
    gnutls_server(lab, "--priority NORMAL:-VERS-TLS1.3:%DISABLE_SAFE_RENEGOTIATION")
    openssl_client(lab, "-legacy_server_connect")


@scenario("alerted", "negotiation.psk")
def psk_mismatch(lab: Lab) -> None:
    """Client and server have different keys under one name: the binder does not fit."""
    openssl_server(
        lab, "-psk_identity alice -psk 0011223344556677 -ciphersuites TLS_AES_128_GCM_SHA256"
    )
    openssl_client(
        lab, "-psk_identity alice -psk 7766554433221100 -ciphersuites TLS_AES_128_GCM_SHA256"
    )


@scenario("alerted", "negotiation.renegotiation")
def legacy_renegotiation(lab: Lab) -> None:
    """A GnuTLS server without secure renegotiation, which OpenSSL 3 no longer talks to."""
    gnutls_server(lab, "--priority NORMAL:-VERS-TLS1.3:%DISABLE_SAFE_RENEGOTIATION")
    openssl_client(lab)


@scenario("completed alerted", "negotiation.renegotiation")
def renegotiation_refused(lab: Lab) -> None:
    """An OpenSSL client begins a second handshake, and the server does not want it."""
    openssl_server(lab, "-tls1_2")
    openssl_client(lab, "-tls1_2", say=(0.3, b"R\n", 0.5), commands=True)


@scenario("alerted", "negotiation.version")
def tls12_to_tls13_only(lab: Lab) -> None:
    """A Go client that speaks TLS 1.2 meets a server that speaks only TLS 1.3."""
    nginx(lab, protocols="TLSv1.3")
    go_client(lab, greatest="12")


@scenario("alerted", "negotiation.version")
def old_server(lab: Lab) -> None:
    """A client that wants TLS 1.2 gets a ServerHello for TLS 1.0 and refuses it."""
    openssl_server(lab, f"-tls1 {OLD}", cert="rsa")
    openssl_client(lab, f"-tls1_2 {OLD}")


@scenario("alerted", "negotiation.server_name.unrecognized")
def unrecognized_name(lab: Lab) -> None:
    """A strict server does not know the name that the client asks for: unrecognized_name."""
    openssl_server(
        lab, "-servername other.test -servername_fatal -cert2 good.leaf.pem -key2 good.key"
    )
    openssl_client(lab)


@scenario("alerted", "negotiation.alpn")
def no_application_protocol(lab: Lab) -> None:
    """A client insists on h2, a server knows only http/1.1: no_application_protocol."""
    openssl_server(lab, "-alpn http/1.1")
    openssl_client(lab, "-alpn h2")


@scenario("closed completed", "negotiation.version.intolerance")
def intolerant_of_tls13(lab: Lab) -> None:
    """A server closes at a hello that offers TLS 1.3; the same client, held to TLS 1.2, is let
    in."""
    intolerant_server(lab)
    python_client(lab)
    python_client(lab, "--max 1.2")


@scenario("closed completed", "negotiation.version.intolerance")
def intolerant_of_large_hellos(lab: Lab) -> None:
    """A server reads one packet and closes where it does not hold a whole ClientHello; the same
    client is let in with a smaller one."""
    hasty_server(lab)
    protocols = ",".join(f"protocol-number-{n:03}/test" for n in range(70))
    openssl_client(lab, f"-alpn {protocols}")
    openssl_client(lab)


@scenario("alerted", "negotiation.extended_master_secret")
def session_hash_demanded(lab: Lab) -> None:
    """A client of tlslite-ng demands extended_master_secret of a TLS 1.2 server that was told to
    do without: insufficient_security."""
    gnutls_server(lab, "--priority NORMAL:-VERS-TLS1.3:%NO_SESSION_HASH")
    tlslite_client(lab, "demand_session_hash")


@scenario("alerted", "client_certificate.missing")
def no_client_certificate_tls12(lab: Lab) -> None:
    """A TLS 1.2 server asks for a certificate, gets an empty list and refuses."""
    openssl_server(lab, f"-tls1_2 {ASK_CLIENT}")
    openssl_client(lab)


@scenario("rejected", "client_certificate.missing", keylog=True)
def no_client_certificate_tls13(lab: Lab) -> None:
    """A TLS 1.3 client without a certificate believes that all is fine, and is refused then."""
    openssl_server(lab, ASK_CLIENT)
    openssl_client(lab)


@scenario("alerted", "client_certificate.unknown_ca")
def unknown_client_ca_tls12(lab: Lab) -> None:
    """A TLS 1.2 server does not know the authority of the client's certificate."""
    openssl_server(lab, f"-tls1_2 {ASK_CLIENT}")
    openssl_client(lab, OTHER_CERTIFICATE)


@scenario("rejected", "client_certificate", keylog=True)
def unknown_client_ca_tls13(lab: Lab) -> None:
    """A TLS 1.3 client sends a certificate of an authority that the server does not know, and is
    refused after its handshake."""
    openssl_server(lab, ASK_CLIENT)
    openssl_client(lab, OTHER_CERTIFICATE)


# Failed: before TLS, or without it --------------------------------------------------------------


@scenario("not_tls", "protocol.server_not_tls")
def plain_http_server(lab: Lab) -> None:
    """curl speaks TLS to a server that answers in plain HTTP on port 443."""
    tcp_server(lab, "http")
    curl(lab)


@scenario("closed", "protocol.server_not_tls")
def tls_to_plain_port(lab: Lab) -> None:
    """curl speaks TLS on port 5432, where PostgreSQL begins in plain: the server hears it and closes."""
    tcp_server(lab, "hear_and_close", port=5432)
    curl(lab, url="https://server.test:5432/")


@scenario("closed", "transport.closed_on_connect")
def closed_on_narrow_offer(lab: Lab) -> None:
    """curl offers TLS 1.3 alone, and the server hears it and closes without an alert."""
    tcp_server(lab, "hear_and_close")
    curl(lab, "--tlsv1.3")


@scenario("not_tls", "protocol.client_not_tls")
def plain_http_client(lab: Lab) -> None:
    """A client speaks plain HTTP to nginx on port 443, which answers in kind."""
    nginx(lab)
    tcp_client(lab, "http")


@scenario("not_tls", "protocol.client_not_tls")
def plain_http_client_gnutls(lab: Lab) -> None:
    """A client speaks plain HTTP to gnutls-serv, which answers with a TLS alert."""
    gnutls_server(lab)
    tcp_client(lab, "http")


@scenario("closed", "protocol.starttls_refused")
def starttls_refused(lab: Lab) -> None:
    """A mail server that has no certificate answers STARTTLS with 454; curl insists on it, and leaves."""
    plain_server(
        lab,
        25,
        r"220 server.test ESMTP\r\n",
        r"250-server.test\r\n250 STARTTLS\r\n",
        r"454 4.7.0 TLS not available due to local problem\r\n",
        r"221 Bye\r\n",
    )
    lab.run("curl", "curl -sS --ssl-reqd --cacert root.pem smtp://server.test")


@scenario("not_tls", "protocol.starttls_refused")
def starttls_refused_imap(lab: Lab) -> None:
    """A mail server answers STARTTLS with BAD, and OpenSSL sends its ClientHello all the same."""
    plain_server(
        lab,
        143,
        r"* OK server.test ready\r\n",
        r"* CAPABILITY IMAP4rev1 STARTTLS\r\n. OK done\r\n",
        r". BAD TLS is switched off\r\n",
        r"* BYE what was that?\r\n",
    )
    openssl_client(lab, "-connect server.test:143 -starttls imap", say=(), timeout=2)


@scenario("closed", "protocol.starttls_refused")
def starttls_refused_postgresql(lab: Lab) -> None:
    """A database without TLS answers SSLRequest with N, and the client leaves."""
    plain_server(lab, 5432, "", "N")
    openssl_client(lab, "-connect server.test:5432 -starttls postgres", say=())


@scenario("closed", "protocol.proxy_refused")
def proxy_refused(lab: Lab) -> None:
    """An HTTP proxy does not allow curl a tunnel to the server: 403."""
    plain_server(lab, 8080, "", r"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    curl(lab, "--proxy http://proxy.test:8080")


@scenario("closed", "protocol.proxy_refused")
def socks_refused(lab: Lab) -> None:
    """A SOCKS 5 proxy finds that nobody listens at the address that curl asks for."""
    plain_server(lab, 1080, "", r"\x05\0", r"\x05\x05\0\x01\0\0\0\0\0\0")
    curl(lab, "--proxy socks5h://proxy.test:1080")


@scenario("refused", "transport.refused")
def connection_refused(lab: Lab) -> None:
    """Nobody listens on port 443: the SYN of curl is answered by a reset."""
    curl(lab)


@scenario("closed", "transport.closed_on_connect")
def closed_on_connect(lab: Lab) -> None:
    """A server accepts the connection and closes it at once."""
    tcp_server(lab, "close")
    curl(lab)


@scenario("closed", "transport.closed_on_connect")
def closed_after_client_hello(lab: Lab) -> None:
    """A server hears the ClientHello and closes the connection without an answer."""
    tcp_server(lab, "hear_and_close")
    curl(lab)


@scenario("reset", "transport.reset")
def reset_after_client_hello(lab: Lab) -> None:
    """A server resets the connection in place of an answer to the ClientHello."""
    tcp_server(lab, "reset")
    curl(lab)


@scenario("silent", "transport.silent.server")
def silent_server(lab: Lab) -> None:
    """A server acknowledges the ClientHello and never answers; curl gives up after 3 seconds."""
    tcp_server(lab, "silent")
    curl(lab, "--max-time 3")


@scenario("silent", "transport.silent.client")
def client_vanishes(lab: Lab) -> None:
    """A client hears the whole flight of a TLS 1.2 server and says no more; nginx closes after
    2 seconds."""
    nginx(lab, "client_header_timeout 2s;", protocols="TLSv1.2")
    tcp_client(lab, "vanish")


@scenario("closed", "client.aborted")
def client_aborts(lab: Lab) -> None:
    """A client closes in the middle of a TLS 1.2 handshake without a reason, though the server's
    certificate is good."""
    nginx(lab, protocols="TLSv1.2")
    tcp_client(lab, "abort")


@scenario("closed closed closed closed closed", "")
def health_check(lab: Lab) -> None:
    """A client connects every second and leaves without a ClientHello, as a load balancer does
    that looks whether nginx is there; five times."""
    nginx(lab)
    tcp_client(lab, "watch")


@scenario("closed " + 11 * "refused ", "")
def port_scan(lab: Lab) -> None:
    """A client looks which of twelve ports of a host are open, and says nothing: nginx listens on one
    of them, and the host resets the others."""
    nginx(lab)
    tcp_client(lab, "scan")


# Failed: the network ----------------------------------------------------------------------------


def swallow(sender: Side, larger_than: int) -> Middlebox:
    """A path on which large packets of one side are lost, as behind a wrong MTU."""

    def box(side: Side, packet: bytes) -> list[tuple[float, bytes]]:
        return [] if side == sender and len(packet) > larger_than else [(0.0, packet)]

    return box


def nth_from_server(number: int, *, delays: tuple[float, ...]) -> Middlebox:
    """A path that does something to the n-th data packet of the server, counted from 1.

    One copy is delivered for each of `delays` (in seconds); none, and the packet is lost.
    """
    seen = 0

    def box(side: Side, packet: bytes) -> list[tuple[float, bytes]]:
        nonlocal seen
        if side == "server" and payload_of(packet):
            seen += 1
            if seen == number:
                return [(delay, packet) for delay in delays]
        return [(0.0, packet)]

    return box


def nth_larger_from_server(number: int, *, larger_than: int) -> Middlebox:
    """A path that loses the n-th packet of the server that is larger than so many bytes."""
    seen = 0

    def box(side: Side, packet: bytes) -> list[tuple[float, bytes]]:
        nonlocal seen
        seen += side == "server" and len(packet) > larger_than
        return (
            []
            if side == "server" and len(packet) > larger_than and seen == number
            else [(0.0, packet)]
        )

    return box


def inject_reset() -> Middlebox:
    """A path on which a box resets the connection in the server's name after the ClientHello."""
    hello_seen = False

    def box(side: Side, packet: bytes) -> list[tuple[float, bytes]]:
        nonlocal hello_seen
        hello_seen |= side == "client" and bool(payload_of(packet))
        if side == "server" and hello_seen:
            return [(0.0, forged_reset(packet)), (0.0005, packet)]
        return [(0.0, packet)]

    return box


def reset_both() -> Middlebox:
    """A path on which a box keeps the ClientHello and resets both sides at once."""

    def box(side: Side, packet: bytes) -> list[tuple[float, bytes]]:
        if side == "client" and payload_of(packet)[:1] == b"\x16":
            back = reset_for(packet, ttl=255, identification=0x4242, back=True)
            on = reset_for(packet, ttl=255, identification=0x4242, back=False)
            return [(-0.004, back), (0.0, on)]
        return [(0.0, packet)]

    return box


def refuse(*, larger_than: int, type: int, code: int, mtu: int = 0) -> Middlebox:
    """A router that lets no large packet of the client through, and says so by ICMP."""

    def box(side: Side, packet: bytes) -> list[tuple[float, bytes]]:
        if side == "client" and packet[0] >> 4 == 4 and len(packet) > larger_than:
            return [(0.0, icmp_error(packet, type, code, mtu))]
        return [(0.0, packet)]

    return box


def deaf_after_hello() -> Middlebox:
    """A client that is cut off once it has said hello."""
    said = False

    def box(side: Side, packet: bytes) -> list[tuple[float, bytes]]:
        nonlocal said
        if side == "client" and payload_of(packet)[:1] == b"\x16" and not said:
            said = True
            return [(0.0, packet)]
        return [] if said else [(0.0, packet)]

    return box


CLIENT_HELLO, SERVER_HELLO, CLIENT_KEY_EXCHANGE = 1, 2, 16


def rewriting(sender: Side, message: int, change: Callable[[bytes], bytes]) -> Middlebox:
    """A path on which a box changes each packet of one side that begins with a message.

    `change` has to keep the length, so that TCP notices nothing.
    """

    def box(side: Side, packet: bytes) -> list[tuple[float, bytes]]:
        payload = payload_of(packet)
        if side == sender and payload[:1] == b"\x16" and payload[5] == message:
            packet = with_payload(packet, change(payload))
        return [(0.0, packet)]

    return box


def flip(at: int) -> Callable[[bytes], bytes]:
    """What turns one bit of the byte at an index, which may count from the end."""

    def change(payload: bytes) -> bytes:
        changed = bytearray(payload)
        changed[at] ^= 1
        return bytes(changed)

    return change


@scenario(
    "alerted",
    "integrity.bad_mac",
    network={"middlebox": rewriting("client", CLIENT_KEY_EXCHANGE, flip(-1))},
)
def finished_damaged(lab: Lab) -> None:
    """A box turns one bit of the client's Finished after it was recorded: bad_record_mac."""
    openssl_server(lab, "-tls1_2")
    openssl_client(lab)


@scenario(
    "alerted",
    "integrity.malformed_hello",
    network={"middlebox": rewriting("client", CLIENT_HELLO, flip(43))},
)
def hello_damaged(lab: Lab) -> None:
    """A box makes the session id of a ClientHello longer than it may be, after it was recorded:
    decode_error."""
    openssl_server(lab)
    openssl_client(lab)


@scenario(
    "alerted",
    "integrity.malformed_record",
    network={"middlebox": rewriting("server", SERVER_HELLO, flip(44))},
)
def session_id_damaged(lab: Lab) -> None:
    """A box turns one bit of the session id that a TLS 1.3 server returns: illegal_parameter."""
    openssl_server(lab)
    openssl_client(lab)


@scenario(
    "alerted", "integrity", network={"middlebox": rewriting("server", SERVER_HELLO, flip(110))}
)
def flight_damaged_nss(lab: Lab) -> None:
    """A box turns one bit in the first encrypted record of a TLS 1.3 server after it was recorded; NSS
    refuses it with an encrypted alert, and its socket resets, with the rest of the flight unread."""
    openssl_server(lab)
    nss_client(lab, "-V tls1.3:tls1.3")


@scenario(
    "alerted",
    "integrity.bad_mac",
    network={"middlebox": rewriting("server", SERVER_HELLO, flip(20))},
)
def server_random_damaged_java(lab: Lab) -> None:
    """A box turns one bit in the random of a TLS 1.3 ServerHello after it was recorded: the keys
    differ, and neither side can read the other's encrypted alert."""
    openssl_server(lab)
    java_client(lab, "TLSv1.3")


def without_tls13(hello: bytes) -> bytes:
    """A ClientHello whose first version is TLS 1.2 in place of TLS 1.3."""
    at = hello.index(b"\x00\x2b\x00") + 5  # supported_versions: type and length, then its list
    return hello[:at] + b"\x03\x03" + hello[at + 2 :]


@scenario(
    "alerted",
    "integrity.downgrade",
    network={"middlebox": rewriting("client", CLIENT_HELLO, without_tls13)},
)
def tls13_stripped(lab: Lab) -> None:
    """A box takes TLS 1.3 out of the hello after it was recorded; the server marks its random,
    and the client refuses TLS 1.2 with illegal_parameter."""
    openssl_server(lab)
    openssl_client(lab)


@scenario("refused", "transport.unanswered", network={"middlebox": swallow("client", 0)})
def syn_unanswered(lab: Lab) -> None:
    """A firewall swallows every packet of the client: its SYN is sent again and again."""
    nginx(lab)
    curl(lab, "--connect-timeout 4")


@scenario(
    "silent", "transport.blackhole.client_hello", network={"middlebox": swallow("client", 1000)}
)
def client_hello_blackholed(lab: Lab) -> None:
    """A path swallows large packets: the first part of a long ClientHello never arrives."""
    nginx(lab)
    protocols = ",".join(f"protocol-number-{n:03}/test" for n in range(70))
    openssl_client(lab, f"-alpn {protocols}", timeout=4)


@scenario(
    "silent",
    "transport.blackhole.server_flight",
    network={"middlebox": swallow("server", 1000)},
    recording={"where": inside("server")},
)
def server_flight_blackholed(lab: Lab) -> None:
    """A path swallows large packets: the server, where this was recorded, sends its flight again
    and again."""
    openssl_server(lab, "-tls1_2", cert="many_names")
    curl(lab, "--max-time 4")


@scenario(
    "silent",
    "transport.blackhole.server_flight",
    network={"middlebox": swallow("server", 1000)},
)
def server_flight_blackholed_client_side(lab: Lab) -> None:
    """A path swallows large packets: the client, where this was recorded, sees only the small end
    of the server's flight and asks for the rest."""
    openssl_server(lab, "-tls1_2", cert="many_names")
    curl(lab, "--max-time 4")


@scenario("reset", "transport.reset.injected", network={"middlebox": inject_reset()})
def injected_reset(lab: Lab) -> None:
    """A box on the path resets the connection in the server's name; the server's own flight
    arrives after that."""
    nginx(lab, protocols="TLSv1.2")
    curl(lab)


@scenario("reset", "transport.reset.injected", network={"middlebox": reset_both()})
def injected_reset_to_both(lab: Lab) -> None:
    """A box on the path keeps the ClientHello, and resets both sides, each in the other's name."""
    nginx(lab, protocols="TLSv1.2")
    curl(lab)


@scenario(
    "refused",
    "transport.refused",
    network={"middlebox": refuse(larger_than=0, type=3, code=13)},
)
def refused_by_router(lab: Lab) -> None:
    """A router answers the SYN of curl by ICMP: communication administratively prohibited."""
    nginx(lab)
    curl(lab)


@scenario(
    "silent",
    "transport.blackhole.client_hello",
    network={"middlebox": refuse(larger_than=1280, type=3, code=4, mtu=1280)},
)
def path_mtu_ignored(lab: Lab) -> None:
    """A router says that its next link takes 1280 bytes at most, and the client, whose MTU is
    locked, sends its ClientHello again and again as it is."""
    nginx(lab)
    lab.run("OpenSSL", "ip route change 192.0.2.0/24 dev link0 mtu lock 1500")
    protocols = ",".join(f"protocol-number-{n:03}/test" for n in range(70))
    openssl_client(lab, f"-alpn {protocols}", timeout=4)


@scenario(
    "completed",
    network={"middlebox": refuse(larger_than=1280, type=3, code=4, mtu=1280)},
)
def path_mtu_heeded(lab: Lab) -> None:
    """A router says that its next link takes 1280 bytes at most; the client sends its ClientHello
    again in smaller packets, and all is fine."""
    openssl_server(lab)
    protocols = ",".join(f"protocol-number-{n:03}/test" for n in range(70))
    openssl_client(lab, f"-alpn {protocols}")


@scenario(
    "silent",
    "transport.silent.client",
    network={"middlebox": deaf_after_hello()},
    recording={"where": inside("server")},
)
def client_gone(lab: Lab) -> None:
    """A client is cut off after its ClientHello: the server, where this was recorded, sends its
    flight again, large packets and small ones, and not even an acknowledgment comes."""
    openssl_server(lab, "-tls1_2", cert="many_names")
    curl(lab, "--max-time 4")


@scenario("completed", network={"middlebox": nth_from_server(2, delays=())})
def lost_segment(lab: Lab) -> None:
    """A segment of the server's certificate is lost on the way and sent again; all is fine."""
    openssl_server(lab, "-tls1_2", cert="many_names")
    curl(lab)


@scenario("completed", network={"middlebox": nth_from_server(2, delays=(0.004,))})
def late_segment(lab: Lab) -> None:
    """A segment of the server's certificate is overtaken by those after it; all is fine."""
    openssl_server(lab, "-tls1_2", cert="many_names")
    curl(lab)


@scenario("completed", network={"middlebox": nth_from_server(2, delays=(0.0, 0.001))})
def repeated_segment(lab: Lab) -> None:
    """A segment of the server's certificate arrives twice; all is fine."""
    openssl_server(lab, "-tls1_2", cert="many_names")
    curl(lab)


# Over UDP ---------------------------------------------------------------------------------------


@scenario("completed", keylog=True)
def dtls12(lab: Lab) -> None:
    """A DTLS 1.2 client of OpenSSL shows its cookie and says a word; all is fine."""
    dtls_server(lab)
    dtls_client(lab)


@scenario("alerted", "certificate.expired")
def dtls_expired(lab: Lab) -> None:
    """A DTLS client refuses an expired certificate, which arrives in fragments."""
    dtls_server(lab, "-mtu 500", cert="expired")
    dtls_client(lab)


@scenario("completed", network={"middlebox": nth_larger_from_server(1, larger_than=400)})
def dtls_lost_fragment(lab: Lab) -> None:
    """A fragment of the server's DTLS certificate is lost; the flights are sent again, and all is
    fine."""
    dtls_server(lab, "-mtu 500")
    dtls_client(lab)


@scenario(
    "silent",
    "transport.blackhole.server_flight",
    network={"middlebox": swallow("server", 400)},
)
def dtls_flight_blackholed(lab: Lab) -> None:
    """A path swallows large datagrams: the DTLS client gets only the small parts of the server's
    flight, and both repeat themselves."""
    dtls_server(lab, "-mtu 1200")
    dtls_client(lab, timeout=6)


@scenario("silent", "transport.unanswered", network={"middlebox": swallow("client", 0)})
def dtls_unanswered(lab: Lab) -> None:
    """A firewall swallows every datagram of a DTLS client: its hello is sent again and again."""
    dtls_server(lab)
    dtls_client(lab, timeout=6)


@scenario("refused", "transport.refused")
def dtls_refused(lab: Lab) -> None:
    """Nobody listens on the UDP port that a DTLS client asks: the server's host says so by ICMP."""
    dtls_client(lab, timeout=4)


@scenario("refused", "transport.refused")
def quic_refused(lab: Lab) -> None:
    """Nobody listens on the UDP port that a QUIC client asks: the server's host says so by ICMP."""
    quic_client(lab)


@scenario("completed", keylog=True)
def quic(lab: Lab) -> None:
    """A QUIC client of aioquic asks and is answered; all is fine."""
    quic_server(lab)
    quic_client(lab)


@scenario("alerted", "negotiation.alpn")
def quic_no_application_protocol(lab: Lab) -> None:
    """A QUIC client insists on h3, a server knows only doq: the connection is closed with the
    number of the alert no_application_protocol."""
    quic_server(lab, "doq")
    quic_client(lab, "h3")


@scenario("closed", "negotiation.version")
def quic_no_shared_version(lab: Lab) -> None:
    """A QUIC client knows only version 2, a server only version 1: it says so, and that is all."""
    quic_server(lab)
    quic_client(lab, "h3 6b3343cf")


@scenario("alerted", "certificate")
def quic_expired(lab: Lab) -> None:
    """A QUIC client refuses an expired certificate, and its CONNECTION_CLOSE cannot be read."""
    quic_server(lab, cert="expired")
    quic_client(lab)


@scenario("silent", "transport.unanswered", network={"middlebox": swallow("client", 0)})
def quic_unanswered(lab: Lab) -> None:
    """A firewall swallows every datagram of a QUIC client: its hello is sent again and again."""
    quic_server(lab)
    quic_client(lab)


# Odd: what was recorded -------------------------------------------------------------------------


@scenario("completed", "", recording={"what": "tcp and src host 192.0.2.10"})
def only_client_side(lab: Lab) -> None:
    """Only the packets of the client were recorded; the handshake was fine."""
    nginx(lab, protocols="TLSv1.2")
    curl(lab)


@scenario("completed", "", recording={"what": "tcp and src host 192.0.2.80"})
def only_server_side(lab: Lab) -> None:
    """Only the packets of the server were recorded; the handshake was fine."""
    nginx(lab, protocols="TLSv1.2")
    curl(lab)


@scenario("completed", "", recording={"options": ["-s", "96"]})
def cut_at_96_bytes(lab: Lab) -> None:
    """tcpdump kept 96 bytes of each packet, so that every message is cut; all was fine."""
    nginx(lab, protocols="TLSv1.2")
    curl(lab)


@scenario("completed completed")
def port_reuse(lab: Lab) -> None:
    """A client connects twice from the same port, so that both connections have one address."""
    nginx(lab)
    python_client(lab, "--from-port 50000 --times 2")


@scenario(
    "completed alerted completed refused not_tls alerted",
    "certificate.expired transport.refused protocol.server_not_tls"
    " certificate.untrusted.unknown_ca",
)
def a_busy_minute(lab: Lab) -> None:
    """Six connections to one host: two are fine, one meets an expired certificate, one nobody,
    one a server without TLS, one a certificate of an unknown authority."""
    nginx(lab)
    openssl_server(lab, "-tls1_2", cert="expired", port=8443)
    openssl_server(lab, "-tls1_2", cert="other_ca", port=4443)
    tcp_server(lab, "http", port=465)
    curl(lab)
    curl(lab, url="https://server.test:8443/")
    python_client(lab, "--max 1.2")
    curl(lab, url="https://server.test:993/")
    curl(lab, url="https://server.test:465/")
    curl(lab, url="https://server.test:4443/")


# Many handshakes: what they have in common -------------------------------------------------------

FROM_SECOND = f"--interface {SECOND_CLIENT}"
UNKNOWN_CA, EXPIRED = " certificate.untrusted.unknown_ca", " certificate.expired"


@scenario("completed alerted " * 3, 3 * UNKNOWN_CA, network={"second": True})
def one_client_fails(lab: Lab) -> None:
    """Two clients of one server: one does not know its authority and refuses it each time, the
    other is fine."""
    nginx(lab, protocols="TLSv1.2")
    for _ in range(3):
        curl(lab)
        curl(lab, f"{FROM_SECOND} --cacert other_root.pem")


@scenario("completed completed " + 4 * "alerted ", 4 * EXPIRED, network={"second": True})
def one_server_fails(lab: Lab) -> None:
    """Two clients are fine with one server and refuse the expired certificate of another one."""
    nginx(lab, protocols="TLSv1.2")
    openssl_server(lab, "-tls1_2", cert="expired", port=8443)
    for port in (443, 8443, 8443):
        curl(lab, url=f"https://server.test:{port}/index.html")
        curl(lab, FROM_SECOND, url=f"https://server.test:{port}/index.html")


@scenario(3 * "completed " + 3 * "alerted ", 3 * EXPIRED)
def wrong_renewal(lab: Lab) -> None:
    """A server is fine three times, is given an expired certificate, and is refused three times."""
    for cert in ("good", "expired"):
        nginx(lab, protocols="TLSv1.2", cert=cert)
        for _ in range(3):
            curl(lab)
        lab.stop_servers()


@scenario(3 * "completed " + 3 * "refused " + 3 * "completed ", 3 * " transport.refused")
def slow_restart(lab: Lab) -> None:
    """A server is fine, is stopped, during which three connections are refused, and is fine again."""
    for is_running in (True, False, True):
        if is_running:
            nginx(lab)
        for _ in range(3):
            curl(lab)
        lab.stop_servers()


@scenario("completed alerted " * 3, 3 * EXPIRED, network={"second": True})
def one_backend_fails(lab: Lab) -> None:
    """A name has two addresses, and the server at one of them shows an expired certificate."""
    openssl_server(lab, f"-tls1_2 -accept {SERVER}:443")
    openssl_server(lab, f"-tls1_2 -accept {SECOND_SERVER}:443", cert="expired")
    for _ in range(3):
        curl(lab)
        curl(lab, f"--resolve server.test:443:{SECOND_SERVER}")


@scenario("completed alerted " * 3, 3 * EXPIRED)
def backends_differ(lab: Lab) -> None:
    """Of two servers behind a load balancer one shows an expired certificate: every second
    connection fails."""
    openssl_server(lab, "-tls1_2", port=8001)
    openssl_server(lab, "-tls1_2", cert="expired", port=8002)
    balancer(lab, 8001, 8002)
    for _ in range(6):
        curl(lab)


@scenario("completed closed " * 3, 3 * " transport.closed_on_connect")
def comes_and_goes(lab: Lab) -> None:
    """Of two servers behind a load balancer one is down: every second connection is closed after
    the ClientHello."""
    openssl_server(lab, port=8001)
    balancer(lab, 8001, 8002)
    for _ in range(6):
        curl(lab)


@scenario(7 * "refused ", 7 * " transport.refused")
def retry_storm(lab: Lab) -> None:
    """curl is told to try six times more, a second apart, where nobody listens."""
    curl(lab, "--retry 6 --retry-connrefused --retry-delay 1")


@scenario(6 * "completed ", network={"second": True})
def certificates_differ(lab: Lab) -> None:
    """One client gets the server's own certificate, the other one that another authority signed,
    as a proxy does; both are fine with it."""
    openssl_server(lab, "-tls1_2", port=8001)
    openssl_server(lab, "-tls1_2", cert="other_ca", port=8002)
    balancer(lab, 8001, 8002, by="client")
    for _ in range(3):
        curl(lab)
        curl(lab, f"{FROM_SECOND} --cacert other_root.pem")


@scenario("closed completed " * 3, 3 * " negotiation.version.intolerance")
def fallback_retries(lab: Lab) -> None:
    """A client meets a server that closes at a hello with TLS 1.3, and tries again with TLS 1.2:
    three times the same."""
    for _ in range(3):
        intolerant_server(lab)
        python_client(lab)
        python_client(lab, "--max 1.2")
        lab.stop_servers()


@scenario(6 * "completed ")
def resumption_refused(lab: Lab) -> None:
    """A client comes back five times with a ticket of before the server was restarted, and each
    time there is a full handshake."""
    openssl_server(lab, "-tls1_2")
    openssl_client(lab, "-sess_out session.pem")
    lab.stop_servers()
    openssl_server(lab, "-tls1_2")
    for _ in range(5):
        openssl_client(lab, "-sess_in session.pem")


@scenario(5 * "completed ")
def hello_retry_always(lab: Lab) -> None:
    """A server takes P-384 only, and a client brings a key for X25519 each of five times."""
    nginx(lab, "ssl_ecdh_curve secp384r1;")
    for _ in range(5):
        curl(lab, "--curves X25519:P-384")
