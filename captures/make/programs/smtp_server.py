"""A mail server on port 25 that knows STARTTLS: ``smtp_server.py CERTIFICATE KEY``."""

import socket
import ssl
import sys

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
listener = socket.create_server(("", 25))
while True:
    connection, _ = listener.accept()
    connection.sendall(b"220 server.test ESMTP\r\n")
    while line := connection.recv(1000):
        verb = line[:4].upper()
        if verb == b"EHLO":
            connection.sendall(b"250-server.test\r\n250 STARTTLS\r\n")
        elif verb == b"STAR":
            connection.sendall(b"220 Go ahead\r\n")
            connection = context.wrap_socket(connection, server_side=True)
        elif verb == b"QUIT":
            connection.sendall(b"221 Bye\r\n")
            connection.unwrap()
            break
    connection.close()
