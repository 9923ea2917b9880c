"""A client of the ssl module that asks for one page: ``client.py NAME [options]``."""

import argparse
import socket
import ssl
import time

parser = argparse.ArgumentParser()
parser.add_argument("name")
parser.add_argument("--max", default="1.3")
parser.add_argument("--port", type=int, default=443)
parser.add_argument("--from-port", type=int, default=0, help="source port, reused at once")
parser.add_argument("--times", type=int, default=1, help="connections, one after the other")
arguments = parser.parse_args()

context = ssl.create_default_context(cafile="root.pem")
context.maximum_version = ssl.TLSVersion["TLSv" + arguments.max.replace(".", "_")]
for _ in range(arguments.times):
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    plain.bind(("", arguments.from_port))
    plain.connect((arguments.name, arguments.port))
    with plain, context.wrap_socket(plain, server_hostname=arguments.name) as tls:
        tls.sendall(f"GET /index.html HTTP/1.0\r\nHost: {arguments.name}\r\n\r\n".encode())
        while tls.recv(4096):
            pass
        time.sleep(0.1)  # the server closes first
    time.sleep(0.1)  # and has heard that we closed as well: the port is free again
