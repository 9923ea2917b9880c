"""A mail server on port 25 that knows EHLO, STARTTLS and QUIT, and expects them in this order.

``smtp_server.py CERTIFICATE KEY``
"""

import socket
import ssl
import sys

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
listener = socket.create_server(("", 25))
while True:
    plain, _ = listener.accept()
    plain.sendall(b"220 server.test ESMTP\r\n")
    while plain.recv(1000).upper().startswith(b"EHLO"):
        plain.sendall(b"250-server.test\r\n250 STARTTLS\r\n")
    plain.sendall(b"220 Go ahead\r\n")
    with context.wrap_socket(plain, server_side=True) as secure:
        secure.recv(1000)
        secure.sendall(b"221 Bye\r\n")
        secure.unwrap()
