"""A server that accepts connections and does one thing: ``tcp_server.py PORT BEHAVIOUR``."""

import socket
import struct
import sys
import time


def http(connection: socket.socket) -> None:
    """Answer whatever comes as a web server without TLS does."""
    connection.recv(65536)
    connection.sendall(
        b"HTTP/1.1 400 Bad Request\r\nServer: plain\r\nContent-Type: text/plain\r\n"
        b"Content-Length: 12\r\nConnection: close\r\n\r\nBad request\n"
    )


def close(connection: socket.socket) -> None:
    """Close without waiting for a word."""


def hear_and_close(connection: socket.socket) -> None:
    """Hear the client out and close."""
    connection.recv(65536)


def reset(connection: socket.socket) -> None:
    """Reset the connection once the client has said something."""
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(connection: socket.socket) -> None:
    """Hear the client and never answer."""
    connection.recv(65536)
    time.sleep(60)


port = int(sys.argv[1])
behaviour = {f.__name__: f for f in (http, close, hear_and_close, reset, silent)}[sys.argv[2]]
listener = socket.create_server(("", port))
while True:
    accepted, _ = listener.accept()
    with accepted:
        behaviour(accepted)
