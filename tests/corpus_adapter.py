"""What tlsparse reads of a capture, in the neutral form that the corpus' scorer compares.

Used by hand and in CI where the larger collection of captures lies beside the checkout:

    python ../shared/corpus/score.py --adapter tests/corpus_adapter.py:adapter ...
"""

from __future__ import annotations

from typing import Any

import tlsparse
from tlsparse.flow.flow import Endpoint
from tlsparse.frames import Contents
from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.order import is_tls13
from tlsparse.tls.fingerprint import ja3, ja3s
from tlsparse.tls.x509 import describe_certificate


def adapter(path: str, keylog: str | None = None) -> dict[str, Any]:
    """Read a capture; one connection for each flow that spoke TLS."""
    contents: Contents = tlsparse.read(path).contents
    return {
        "connections": [
            _connection(handshakes)
            for handshakes in contents.handshakes
            if any(event.kind != "transport" for event in handshakes[0].line.events)
        ]
    }


def _connection(handshakes: list[Handshake]) -> dict[str, Any]:
    first = handshakes[0]
    events = first.line.events
    connection: dict[str, Any] = {
        "transport": first.flow.transport,
        "client": _endpoint(first.client),
        "server": _endpoint(first.server),
        "first_frame": events[0].packet,
        "messages": [
            _message(e)
            for e in (*events, *first.line.repeats)
            if _is_message(e, is_tls13(first.version))
        ],
        "change_cipher_spec": [_place(e) for e in events if e.name == "change_cipher_spec"],
        "alerts": [_alert(e) for e in events if e.kind == "alert" and not e.inferred],
        "certificates": {
            side: [_chain(e) for e in events if _is_chain(e) and e.sender == side]
            for side in ("client", "server")
        },
    }
    hello, answer = first.client_hello, first.server_hello
    if hello:
        text, digest = ja3(hello)
        connection |= {
            "sni": hello.server_name,
            "alpn_offered": list(hello.alpn),
            "supported_versions": [int(v) for v in hello.supported_versions],
            "supported_groups": [int(v) for v in hello.groups],
            "signature_algorithms": [int(v) for v in hello.signature_schemes],
            "key_share_groups": [int(v) for v in hello.key_share_groups],
            "ja3": {"hash": digest, "string": text},
            "ja4": first.ja4,
        }
    if answer:
        connection |= {
            "version": {"id": int(answer.version)},
            "cipher": {"id": int(answer.cipher_suite)} if answer.cipher_suite is not None else None,
            "alpn_selected": answer.alpn,
            "selected_group": None if first.group is None else int(first.group),
            "resumed": first.resumed,
            "ja3s": {"hash": ja3s(answer)[1]},
        }
    elif first.version is not None:  # SSL 2.0
        connection["version"] = {"id": int(first.version)}
    return connection


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    return {"ip": endpoint.ip, "port": endpoint.port}


def _is_message(event: Event, tls13: bool) -> bool:
    """Tell whether a message shows as one on the wire: those of TLS 1.3 look like application data."""
    if event.kind != "message" or event.name == "change_cipher_spec":
        return False
    return not (event.encrypted and tls13)


def _is_chain(event: Event) -> bool:
    return event.kind == "message" and hasattr(event.body, "certificates")


def _place(event: Event) -> dict[str, Any]:
    return {"frame": event.packet, "time": event.time_ns / 1e9, "side": event.sender}


def _message(event: Event) -> dict[str, Any]:
    name = "encrypted_handshake" if event.encrypted else event.name
    return {**_place(event), "type": name, "length": event.length}


def _alert(event: Event) -> dict[str, Any]:
    if event.encrypted:
        return {**_place(event), "encrypted": True}
    body: Any = event.body
    return {
        **_place(event),
        "encrypted": False,
        "level": event.level,
        "description": event.name,
        "code": int(body.description),
    }


def _chain(event: Event) -> dict[str, Any]:
    body: Any = event.body
    return {"frame": event.packet, "certificates": [_certificate(der) for der in body.certificates]}


def _certificate(der: bytes) -> dict[str, Any]:
    certificate = describe_certificate(der)
    return {
        "sha256": certificate.sha256,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "serial": certificate.serial,
        "not_before": _time(certificate.not_before),
        "not_after": _time(certificate.not_after),
        "san": [_alternative_name(name) for name in certificate.sans],
    }


def _alternative_name(name: str) -> str:
    """Write a name as the truth has it: a directory name there is what the X.509 library prints of its object."""
    kind, _, value = name.partition(":")
    return f"{kind}:<Name({value})>" if kind == "DirectoryName" else name


def _time(time: Any) -> str | None:
    return None if time is None else f"{time:%Y-%m-%dT%H:%M:%SZ}"
