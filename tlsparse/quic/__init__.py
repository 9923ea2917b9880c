"""What do the datagrams of a QUIC connection say to somebody who has no keys?

The Initial packets of both sides are encrypted with keys that anybody can derive, so ClientHello, ServerHello and the
reason of an early refusal can be read; of all that follows only the packet types show. `packet` cuts a datagram into
packets, `protection` opens the Initial ones, `frames` reads what is inside, `crypto` puts the bytes of the handshake
messages in order, and `connection` keeps what is known of one connection. `conversation` holds them all together: it
takes the datagrams between two endpoints and gives their connections. Bytes in, values out; what the handshake messages
mean is known elsewhere.

Source: RFC 8999 (what all versions share), RFC 9000, RFC 9001 (TLS), RFC 9369 (version 2).
"""
