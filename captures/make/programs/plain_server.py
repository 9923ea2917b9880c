"""A server of a plain protocol that says what it is told to, one thing after each that it hears.

``plain_server.py PORT GREETING [ANSWER...]``, with ``\\r\\n`` and the like as Python writes them; an empty greeting is
none. After the last answer it listens until the client leaves.
"""

import socket
import sys

port, *words = sys.argv[1:]
greeting, *answers = (word.encode().decode("unicode_escape").encode("latin-1") for word in words)
listener = socket.create_server(("", int(port)))
while True:
    client, _ = listener.accept()
    with client:
        if greeting:
            client.sendall(greeting)
        for answer in answers:
            if not client.recv(4096):
                break
            client.sendall(answer)
        while client.recv(4096):
            pass
