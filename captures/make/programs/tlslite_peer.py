"""A server or client of tlslite-ng for SSL 3.0: ``tlslite_peer.py server|client``.

``tlslite_peer.py client demand_session_hash`` is a client for TLS 1.2 instead, which leaves a
server without extended_master_secret (RFC 7627).
"""

import socket
import sys
from pathlib import Path

from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey

settings = HandshakeSettings()
settings.minVersion = settings.maxVersion = (3, 0)
if sys.argv[2:] == ["demand_session_hash"]:
    settings.minVersion = settings.maxVersion = (3, 3)
    settings.requireExtendedMasterSecret = True

if sys.argv[1] == "server":
    chain = X509CertChain()
    chain.parsePemList(Path("rsa.pem").read_text())
    key = parsePEMKey(Path("rsa.key").read_text(), private=True)
    listener = socket.create_server(("", 443))
    while True:
        accepted, _ = listener.accept()
        connection = TLSConnection(accepted)
        connection.handshakeServer(certChain=chain, privateKey=key, settings=settings)
        connection.recv(1000)
        connection.send(b"HTTP/1.0 200 OK\r\n\r\n<p>It works.</p>\n")
        connection.close()
else:
    connection = TLSConnection(socket.create_connection(("server.test", 443)))
    connection.handshakeClientCert(settings=settings)
    connection.send(b"GET /index.html HTTP/1.0\r\n\r\n")
    while connection.recv(1000):
        pass
    connection.close()
