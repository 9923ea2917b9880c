from __future__ import annotations

from tlsparse.tls import codes
from tlsparse.tls.codes import HandshakeType, ProtocolVersion
from tlsparse.tls.messages import Context, decode_message

TICKET_13 = """
    00 01 51 80                               # ticket_lifetime: a day
    12 34 56 78                               # ticket_age_add
    01 07                                     # ticket_nonce
    00 03 aa bb cc                            # ticket
    00 08  00 2a 00 04 00 00 40 00            # early_data: 16 kB
"""


def decoder(version):
    return lambda data: decode_message(HandshakeType.new_session_ticket, data, Context(version))


def test_ticket_of_tls_12_has_a_lifetime(wire, decodes_only_whole):
    body = wire("00 00 01 2c  00 02 ca fe")
    ticket = decoder(codes.TLS_1_2)(body)

    assert (300, b"\xca\xfe") == (ticket.ticket_lifetime_s, ticket.ticket)
    assert ticket.ticket_age_add is None
    assert () == ticket.extensions
    decodes_only_whole(decoder(codes.TLS_1_2), body)


def test_ticket_of_tls_13_says_how_much_early_data_it_allows(wire, decodes_only_whole):
    body = wire(TICKET_13)
    ticket = decoder(codes.TLS_1_3)(body)

    assert (86400, 0x12345678) == (ticket.ticket_lifetime_s, ticket.ticket_age_add)
    assert (b"\x07", b"\xaa\xbb\xcc") == (ticket.ticket_nonce, ticket.ticket)
    assert 16384 == ticket.value(42)
    decodes_only_whole(decoder(codes.TLS_1_3), body)


def test_ticket_of_an_old_draft_has_no_nonce(wire, decodes_only_whole):
    body = wire(TICKET_13.replace("01 07 ", ""))
    draft_20 = ProtocolVersion(0x7F14)

    assert b"\xaa\xbb\xcc" == decoder(draft_20)(body).ticket
    decodes_only_whole(decoder(draft_20), body)
