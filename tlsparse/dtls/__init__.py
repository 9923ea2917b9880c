"""How do handshake messages travel in datagrams? DTLS 1.0, 1.2 and 1.3, bytes in, values out.

`records` cuts a datagram into records, `recognition` tells a datagram of DTLS from everything else that uses UDP,
`messages` joins the fragments of handshake messages, and `association` follows both sides of a conversation. The
bodies of the messages are those of TLS and are left to `tlsparse.tls.messages`.
"""
