"""A mail server on port 143 that knows CAPABILITY, STARTTLS and LOGOUT, and expects them in this order.

``imap_server.py CERTIFICATE KEY``
"""

import socket
import ssl
import sys

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
listener = socket.create_server(("", 143))
while True:
    plain, _ = listener.accept()
    plain.sendall(b"* OK server.test ready\r\n")
    while b"STARTTLS" not in (command := plain.recv(1000).upper()):
        tag = command.split()[0]
        plain.sendall(b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n" + tag + b" OK done\r\n")
    plain.sendall(command.split()[0] + b" OK Begin TLS now\r\n")
    with context.wrap_socket(plain, server_side=True) as secure:
        secure.recv(1000)
        secure.sendall(b"* BYE\r\n")
        secure.unwrap()
