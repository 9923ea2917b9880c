"""A client that connects and then does one thing: ``tcp_client.py NAME BEHAVIOUR``."""

import contextlib
import socket
import ssl
import sys
import time

name = sys.argv[1]


def http(connection: socket.socket) -> None:
    """Speak HTTP without TLS."""
    connection.sendall(f"GET / HTTP/1.0\r\nHost: {name}\r\n\r\n".encode())
    while connection.recv(65536):
        pass


def vanish(connection: socket.socket) -> None:
    """Say hello, and no more; the kernel still acknowledges what arrives."""
    connection.sendall(client_hello())
    time.sleep(3)


def abort(connection: socket.socket) -> None:
    """Say hello, hear the answer, and leave without a word."""
    connection.sendall(client_hello())
    connection.recv(65536)


def watch(connection: socket.socket) -> None:
    """Look whether the server is there, and leave; and four times more, one second apart."""
    begun = time.monotonic()
    connection.close()
    for beat in range(1, 5):
        time.sleep(begun + beat - time.monotonic())
        socket.create_connection((name, 443)).close()


def scan(connection: socket.socket) -> None:
    """Look which of the usual ports of TLS are open, one after the other, and say nothing."""
    connection.close()
    for port in (465, 563, 636, 853, 989, 990, 993, 995, 5061, 6697, 8443):
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection((name, port)).close()


def client_hello() -> bytes:
    """The ClientHello record of the ssl module, for TLS 1.2."""
    context = ssl.create_default_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    outgoing = ssl.MemoryBIO()
    session = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake without a server cannot end")


behaviour = {f.__name__: f for f in (http, vanish, abort, watch, scan)}[sys.argv[2]]
with socket.create_connection((name, 443)) as connected:
    behaviour(connected)
