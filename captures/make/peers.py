"""The servers and clients of the scenarios: one function each, with one way to call them all.

A server function starts it on port 443 with the certificate named; a client function asks it for
a short page and returns what the client printed. `options` are the program's own.
"""

from __future__ import annotations

import shlex
import sys

from lab import PROGRAMS, Lab
from pki import SERVER_NAME

REQUEST = f"GET /index.html HTTP/1.0\r\nHost: {SERVER_NAME}\r\n\r\n".encode()
PAGE = "<p>It works.</p>\n"


def openssl_server(lab: Lab, options: str = "", *, cert: str = "good", port: int = 443) -> None:
    """``openssl s_server`` serving one small page."""
    (lab.folder / "index.html").write_text(PAGE)
    chain = f"-cert_chain {cert}.chain.pem" if (lab.folder / f"{cert}.chain.pem").exists() else ""
    lab.serve(
        "OpenSSL",
        f"openssl s_server -accept {port} -cert {cert}.leaf.pem -key {cert}.key {chain}"
        f" -WWW {options}",
        port=port,
    )


def openssl_client(
    lab: Lab,
    options: str = "",
    *,
    say: tuple[bytes | float, ...] = (REQUEST,),
    commands: bool = False,
    timeout: float = 15,
) -> str:
    """``openssl s_client``, which stays until the server closes.

    With `commands` it leaves when it has nothing more to say, and takes the lines R (renegotiate)
    and K (new keys) for itself.
    """
    keylog = f"-keylogfile {lab.keylog}" if lab.keylog else ""
    return lab.run(
        "OpenSSL",
        f"openssl s_client -connect {SERVER_NAME}:443 -CAfile root.pem -verify_return_error"
        f" -verify_hostname {SERVER_NAME} {'' if commands else '-ign_eof'} {keylog} {options}",
        say=say,
        timeout=timeout,
    )


def dtls_server(lab: Lab, options: str = "", *, cert: str = "good") -> None:
    """``openssl s_server`` over UDP, which only listens."""
    lab.serve(
        "OpenSSL",
        f"openssl s_server -dtls -accept 443 -cert {cert}.leaf.pem -key {cert}.key"
        f" -cert_chain {cert}.chain.pem {options}",
    )


def dtls_client(lab: Lab, options: str = "", *, timeout: float = 15) -> str:
    """``openssl s_client`` over UDP, which says a word and leaves."""
    return openssl_client(
        lab, f"-dtls {options}", say=(1.0, b"Hello\n", 0.5), commands=True, timeout=timeout
    )


def quic_server(lab: Lab, options: str = "h3", *, cert: str = "good") -> None:
    """A server of aioquic that answers a request; `options` are its protocol and QUIC version."""
    program = f"{sys.executable} {PROGRAMS}/quic_peer.py"
    lab.serve("aioquic", f"{program} server {cert}.pem {cert}.key {options}")


def quic_client(lab: Lab, options: str = "h3") -> str:
    """A client of aioquic that asks for one answer."""
    program = f"{sys.executable} {PROGRAMS}/quic_peer.py"
    return lab.run("aioquic", f"{program} client {SERVER_NAME} root.pem {options}")


def curl(lab: Lab, options: str = "", *, url: str = f"https://{SERVER_NAME}/index.html") -> str:
    """``curl``, which checks the chain inside the handshake and the name after it."""
    return lab.run("curl", f"curl -sS --http1.1 --cacert root.pem {options} {url}")


def nginx(
    lab: Lab,
    directives: str = "",
    *,
    cert: str = "good",
    chain: bool = True,
    protocols: str = "TLSv1.2 TLSv1.3",
) -> None:
    """nginx with one host; `directives` go into its ``server`` block.

    Without `chain` it sends the leaf alone.
    """
    (lab.folder / "index.html").write_text(PAGE)
    (lab.folder / "nginx.conf").write_text(f"""
        daemon off; master_process off; user root; pid nginx.pid; error_log stderr;
        events {{ }}
        http {{
            access_log off;
            server {{
                listen 443 ssl; listen [::]:443 ssl;
                server_name {SERVER_NAME};
                root {lab.folder};
                ssl_certificate {cert}{"" if chain else ".leaf"}.pem;
                ssl_certificate_key {cert}.key;
                ssl_protocols {protocols};
                {directives}
            }}
        }}""")
    lab.serve("nginx", f"nginx -e stderr -p {lab.folder} -c nginx.conf")


def gnutls_server(lab: Lab, options: str = "", *, cert: str = "good") -> None:
    """``gnutls-serv``, which answers with a page about the connection."""
    lab.serve(
        "GnuTLS",
        f"gnutls-serv --http --port 443 --x509certfile {cert}.pem --x509keyfile {cert}.key"
        f" --disable-client-cert {options}",
    )


def gnutls_client(lab: Lab, options: str = "") -> str:
    """``gnutls-cli``, which refuses a bad certificate inside the handshake."""
    return lab.run(
        "GnuTLS",
        f"gnutls-cli --x509cafile root.pem --port 443 {options} {SERVER_NAME}",
        say=(0.1, REQUEST, 0.1),
    )


def nss_client(lab: Lab, options: str = "") -> str:
    """``tstclnt`` of NSS, with the root in a database made for it; it has to be told to leave."""
    database = lab.folder / "nss"
    if not database.exists():
        database.mkdir()
        lab.prepare("certutil -d nss -N --empty-password")
        lab.prepare("certutil -d nss -A -n root -t C,, -i root.pem")
    command = f"tstclnt -d nss -h {SERVER_NAME} -p 443 {options}"
    return lab.run("NSS", command, say=(0.1, REQUEST, 0.1), timeout=1)


def nss_server(lab: Lab, options: str = "", *, cert: str = "good") -> None:
    """``selfserv`` of NSS, with a database for the certificate and its key."""
    database = lab.folder / f"nss-{cert}"
    if not database.exists():
        database.mkdir()
        pkcs12 = f"{cert}.p12 -name {cert} -passout pass:"
        lab.prepare(f"openssl pkcs12 -export -in {cert}.pem -inkey {cert}.key -out {pkcs12}")
        lab.prepare(f"certutil -d {database} -N --empty-password")
        lab.prepare(f"pk12util -d {database} -i {cert}.p12 -W ''")
    lab.serve("NSS", f"selfserv -d {database} -n {cert} -p 443 {options}")


def go_client(lab: Lab, *, least: str = "12", greatest: str = "13") -> str:
    """A Go program with ``crypto/tls``; versions are written 12 and 13."""
    program = _go_program(lab, "client")
    return lab.run("Go", f"{program} {SERVER_NAME} root.pem {least} {greatest}")


def go_server(lab: Lab, *, cert: str = "good") -> None:
    """A Go program with ``crypto/tls``."""
    lab.serve("Go", f"{_go_program(lab, 'server')} {cert}.pem {cert}.key")


def java_client(lab: Lab, version: str) -> str:
    """A Java program with JSSE, for one `version` as ``TLSv1.3``."""
    return lab.run(
        "Java", f"java {PROGRAMS}/Client.java {SERVER_NAME} root.pem {version}", timeout=40
    )


def java_server(lab: Lab, version: str, *, cert: str = "good") -> None:
    """A Java program with JSSE, for one `version` as ``TLSv1.2``."""
    pkcs12 = f"-in {cert}.pem -inkey {cert}.key -out {cert}.java.p12 -passout pass:password"
    lab.prepare(f"openssl pkcs12 -export {pkcs12}")
    lab.serve("Java", f"java {PROGRAMS}/Server.java {cert}.java.p12 {version}")


def node_client(lab: Lab, version: str) -> str:
    """A Node.js program, for one `version` as ``TLSv1.3``."""
    return lab.run("Node.js", f"node {PROGRAMS}/client.js {SERVER_NAME} root.pem {version}")


def python_client(lab: Lab, options: str = "", *, name: str = SERVER_NAME) -> str:
    """A Python program with the ``ssl`` module, which checks the name inside the handshake."""
    return lab.run("Python ssl", f"{sys.executable} {PROGRAMS}/client.py {name} {options}")


def tlslite_server(lab: Lab) -> None:
    """A server of tlslite-ng that speaks SSL 3.0 and nothing newer."""
    lab.serve("tlslite-ng", f"{sys.executable} {PROGRAMS}/tlslite_peer.py server")


def tlslite_client(lab: Lab, options: str = "") -> str:
    """A client of tlslite-ng that speaks SSL 3.0 and nothing newer, unless `options` say else."""
    return lab.run("tlslite-ng", f"{sys.executable} {PROGRAMS}/tlslite_peer.py client {options}")


def chrome_like_client(lab: Lab) -> str:
    """curl_cffi: curl with BoringSSL, set up as Chrome sets it up."""
    return lab.run("curl_cffi", f"{sys.executable} {PROGRAMS}/chrome_like.py {SERVER_NAME}")


def connect_proxy(lab: Lab) -> None:
    """An HTTP proxy for CONNECT, on port 8080 of the server's side."""
    lab.serve("Python", f"{sys.executable} {PROGRAMS}/proxy.py", port=8080)


def smtp_server(lab: Lab) -> None:
    """A mail server that offers STARTTLS, on port 25."""
    lab.serve(
        "Python ssl", f"{sys.executable} {PROGRAMS}/smtp_server.py good.pem good.key", port=25
    )


def balancer(lab: Lab, *ports: int, by: str = "turn") -> None:
    """A load balancer in front of servers on other ports; `by` is turn or client."""
    numbers = " ".join(map(str, ports))
    lab.serve("Python", f"{sys.executable} {PROGRAMS}/balancer.py {by} {numbers}")


def imap_server(lab: Lab) -> None:
    """A mail server that offers STARTTLS, on port 143."""
    lab.serve(
        "Python ssl", f"{sys.executable} {PROGRAMS}/imap_server.py good.pem good.key", port=143
    )


def intolerant_server(lab: Lab) -> None:
    """A server of TLS 1.2 that closes the connection at a hello that offers TLS 1.3."""
    lab.serve("Python ssl", f"{sys.executable} {PROGRAMS}/intolerant_server.py good.pem good.key")


def hasty_server(lab: Lab) -> None:
    """A server that closes the connection at a hello that does not fit into one packet."""
    lab.serve("Python ssl", f"{sys.executable} {PROGRAMS}/hasty_server.py good.pem good.key")


def plain_server(lab: Lab, port: int, *words: str) -> None:
    """A server that knows no TLS: it greets with the first of `words`, and answers with the others."""
    lab.serve(
        "Python",
        f"{sys.executable} {PROGRAMS}/plain_server.py {port} {shlex.join(words)}",
        port=port,
    )


def tcp_server(lab: Lab, behaviour: str, *, port: int = 443) -> None:
    """A server that accepts connections and does one thing of ``programs/tcp_server.py``."""
    lab.serve("Python", f"{sys.executable} {PROGRAMS}/tcp_server.py {port} {behaviour}", port=port)


def tcp_client(lab: Lab, behaviour: str) -> str:
    """A client that connects and does one thing of ``programs/tcp_client.py``."""
    return lab.run("Python", f"{sys.executable} {PROGRAMS}/tcp_client.py {SERVER_NAME} {behaviour}")


def _go_program(lab: Lab, name: str) -> str:
    """Compile a Go program once for this run."""
    binary = lab.folder / f"go-{name}"
    if not binary.exists():
        lab.prepare(f"go build -o {binary} {PROGRAMS}/{name}.go")
    return str(binary)
