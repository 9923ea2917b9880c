"""A server of TLS 1.2 that cannot bear a hello which offers TLS 1.3, and closes the connection.

``intolerant_server.py CERTIFICATE KEY``
"""

import socket
import ssl
import sys

SUPPORTED_VERSIONS, TLS13 = b"\x00\x2b\x00", b"\x03\x04"

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.maximum_version = ssl.TLSVersion.TLSv1_2
context.load_cert_chain(sys.argv[1], sys.argv[2])
listener = socket.create_server(("", 443))
while True:
    plain, _ = listener.accept()
    with plain:
        hello = plain.recv(4096, socket.MSG_PEEK)
        if TLS13 in hello.rpartition(SUPPORTED_VERSIONS)[2][:8]:
            plain.recv(4096)
            continue
        with context.wrap_socket(plain, server_side=True) as secure:
            secure.recv(4096)
            secure.sendall(b"HTTP/1.0 200 OK\r\n\r\n<p>It works.</p>\n")
            secure.unwrap()
