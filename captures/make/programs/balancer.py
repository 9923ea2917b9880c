"""A load balancer on port 443 that spreads connections over ports of its own machine.

``balancer.py turn|client PORT...``: each connection goes to the next port in turn, or each client
address to a port of its own. Where nothing listens on the port, the connection is closed.
"""

import contextlib
import itertools
import socket
import sys
import threading


def forward(source: socket.socket, target: socket.socket) -> None:
    """Pass on what comes from one side until it ends."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


by_client, ports = sys.argv[1] == "client", itertools.cycle(map(int, sys.argv[2:]))
chosen: dict[str, int] = {}
listener = socket.create_server(("", 443))
while True:
    client, (address, _) = listener.accept()
    if address not in chosen or not by_client:
        chosen[address] = next(ports)
    try:
        server = socket.create_connection(("127.0.0.1", chosen[address]))
    except ConnectionRefusedError:
        client.recv(65536)
        client.close()
        continue
    for ends in ((client, server), (server, client)):
        threading.Thread(target=forward, args=ends, daemon=True).start()
