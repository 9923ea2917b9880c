"""Where it is set: how each stack is given a chain to send, and an authority to trust.

What is to be done is said by the rules; where, depends on the program, and of that only the library can be recognised,
if at all. So a sentence names the usual programs of a library, with their own words for it.
"""

from __future__ import annotations

from tlsparse.diagnosis.finding import Text
from tlsparse.handshake.event import Side
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.stacks import Stack, client_stack, server_stack

SEND_CHAIN = {
    "openssl": (
        "nginx: ssl_certificate fullchain.pem; Apache: SSLCertificateFile fullchain.pem; HAProxy: crt site.pem "
        "(leaf, intermediates, key)."
    ),
    "java": (
        "Java: keytool -importcert -trustcacerts -alias ALIAS -file fullchain.pem -keystore KEYSTORE, under the "
        "alias of the key."
    ),
    "go": "Go: the certificate file of tls.LoadX509KeyPair holds the leaf and, after it, the intermediates.",
    "gnutls": (
        "GnuTLS: the file of gnutls_certificate_set_x509_key_file (gnutls-serv --x509certfile) holds the leaf "
        "and, after it, the intermediates."
    ),
    "nss": "NSS: certutil -A -d sql:DIRECTORY -t ,, -n NAME -i intermediate.pem.",
    "schannel": (
        "Windows: import the intermediate into Intermediate Certification Authorities of the computer "
        "(certlm.msc); IIS sends it from there."
    ),
    "": (
        "nginx: ssl_certificate fullchain.pem; Apache: SSLCertificateFile fullchain.pem; HAProxy: crt site.pem; "
        "IIS: Intermediate Certification Authorities (certlm.msc)."
    ),
}
"""How a server is given its chain; by the family of its stack."""

SEND_OWN = {
    "curl": "curl: --cert client.pem --key client.key.",
    "python": "Python: load_cert_chain of the SSLContext; requests: cert=(CERTIFICATE, KEY).",
    "node": "Node.js: the options cert and key.",
    "java": "Java: the key store of the program (javax.net.ssl.keyStore).",
    "go": "Go: Certificates of tls.Config (tls.LoadX509KeyPair).",
    "gnutls": "GnuTLS: --x509certfile client.pem --x509keyfile client.key.",
    "schannel": "Windows: the personal store of the user or of the computer (certmgr.msc, certlm.msc).",
    "": (
        "curl: --cert and --key; Java: the key store; Windows: the personal store (certmgr.msc); nginx before another "
        "server: proxy_ssl_certificate and proxy_ssl_certificate_key."
    ),
}
"""How a client is given a certificate of its own; by the family of its stack."""

TRUST_SERVER = {
    "curl": (
        "curl: --cacert root.pem; for the whole system update-ca-certificates (Debian) or update-ca-trust (Red "
        "Hat)."
    ),
    "python": "Python: ssl.create_default_context(cafile=...), requests: verify=... or REQUESTS_CA_BUNDLE=root.pem.",
    "openssl": (
        "OpenSSL: -CAfile root.pem or SSL_CERT_FILE=root.pem; for the whole system update-ca-certificates "
        "(Debian) or update-ca-trust (Red Hat)."
    ),
    "node": "Node.js: NODE_EXTRA_CA_CERTS=root.pem.",
    "java": "Java: keytool -importcert -cacerts -alias NAME -file root.pem.",
    "go": "Go: RootCAs of tls.Config, or SSL_CERT_FILE=root.pem; for the whole system update-ca-certificates (Debian).",
    "gnutls": (
        "GnuTLS: --x509cafile root.pem; for the whole system update-ca-certificates (Debian) or update-ca-trust "
        "(Red Hat)."
    ),
    "nss": (
        "Firefox: Settings, Certificates, View Certificates, Import; NSS: certutil -A -d sql:DIRECTORY -t C,, -n "
        "NAME -i root.pem."
    ),
    "boringssl": (
        "Chrome: the store of the system: certlm.msc on Windows, Keychain Access on macOS, chrome://certificate-"
        "manager elsewhere."
    ),
    "schannel": "Windows: certutil -addstore Root root.cer, or certlm.msc, Trusted Root Certification Authorities.",
    "apple": (
        "macOS: Keychain Access, the root set to Always Trust; iOS: Settings, General, About, Certificate Trust "
        "Settings."
    ),
    "rustls": "rustls: RootCertStore, or with rustls-native-certs the store of the system (SSL_CERT_FILE=root.pem).",
    "mbedtls": "Mbed TLS: mbedtls_ssl_conf_ca_chain.",
    "": (
        "curl: --cacert root.pem; Java: keytool -importcert -cacerts; Debian: update-ca-certificates; Windows: "
        "certlm.msc."
    ),
}
"""How a client is given an authority to trust; by the family of its stack."""

TRUST_CLIENT = {
    "openssl": "nginx: ssl_client_certificate ca.pem; Apache: SSLCACertificateFile ca.pem; HAProxy: ca-file ca.pem.",
    "java": "Java: keytool -importcert -alias NAME -file ca.pem -keystore TRUSTSTORE.",
    "go": "Go: ClientCAs of tls.Config.",
    "gnutls": "GnuTLS: gnutls_certificate_set_x509_trust_file (gnutls-serv --x509cafile).",
    "nss": "NSS: certutil -A -d sql:DIRECTORY -t T,, -n NAME -i ca.pem.",
    "schannel": "Windows: certlm.msc, Trusted Root Certification Authorities of the computer.",
    "": (
        "nginx: ssl_client_certificate ca.pem; Apache: SSLCACertificateFile ca.pem; HAProxy: ca-file ca.pem; "
        "Java: the trust store."
    ),
}
"""How a server is given an authority of its clients; by the family of its stack."""


def chain_setting(handshake: Handshake, side: Side) -> Text:
    """Say where a side is given the chain that it sends."""
    if side == "server":
        return _setting(SEND_CHAIN, server_stack(handshake))
    return _setting(SEND_OWN, client_stack(handshake))


def trust_setting(handshake: Handshake, side: Side) -> Text:
    """Say where the other side is given an authority to trust, so that it accepts the chain of a side."""
    if side == "server":
        return _setting(TRUST_SERVER, client_stack(handshake))
    return _setting(TRUST_CLIENT, server_stack(handshake))


def _setting(settings: dict[str, str], stack: Stack | None) -> Text:
    """Return the sentence of the program if it is known, else of the library, else of all."""
    if stack is None:
        return Text(settings[""])
    program = "python" if "python" in stack.name.lower() and "python" in settings else ""
    return Text(settings.get(program or stack.family) or settings[""])
