"""An HTTP proxy for CONNECT and nothing else, on port 8080; serves one tunnel after the other."""

import select
import socket

listener = socket.create_server(("", 8080))
while True:
    client, _ = listener.accept()
    request = b""
    while b"\r\n\r\n" not in request:
        request += client.recv(4096)
    host, _, port = request.split()[1].decode().rpartition(":")
    server = socket.create_connection((host, int(port)))
    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    other = {client: server, server: client}
    open_ends = {client, server}
    while open_ends:
        for end in select.select(open_ends, [], [])[0]:
            if data := end.recv(65536):
                other[end].sendall(data)
            else:
                other[end].shutdown(socket.SHUT_WR)
                open_ends.remove(end)
    client.close()
    server.close()
