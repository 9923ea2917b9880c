"""A server that takes the first packet of a ClientHello for all of it, and closes where it is not.

``hasty_server.py CERTIFICATE KEY``
"""

import socket
import ssl
import sys

PACKET_BYTES = 1400

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
listener = socket.create_server(("", 443))
while True:
    plain, _ = listener.accept()
    with plain:
        hello = plain.recv(PACKET_BYTES, socket.MSG_PEEK)
        if len(hello) < 5 + int.from_bytes(hello[3:5]):
            plain.settimeout(0.1)
            while hello:
                try:
                    hello = plain.recv(65536)
                except TimeoutError:
                    break
            continue
        with context.wrap_socket(plain, server_side=True) as secure:
            secure.recv(4096)
            secure.sendall(b"HTTP/1.0 200 OK\r\n\r\n<p>It works.</p>\n")
            secure.unwrap()
