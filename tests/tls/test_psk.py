from __future__ import annotations

from tlsparse.tls.psk import offered_psks
from tlsparse.tls.reader import Reader

OFFERED = """
    00 0f                                     # identities
    00 02 ab cd  00 00 00 07                  # a ticket, and its obfuscated age
    00 01 ee  ff ff ff ff                     # another
    00 05  02 b1 b1  01 b2                    # binders
"""


def test_identities_keep_age_and_length_of_binder(wire):
    body = Reader(wire(OFFERED))
    offered = offered_psks(body)

    body.finish()
    assert [(b"\xab\xcd", 7), (b"\xee", 2**32 - 1)] == [
        (psk.identity, psk.obfuscated_ticket_age) for psk in offered.identities
    ]
    assert (2, 1) == offered.binder_lengths
    assert "identities: 2 bytes, 1 bytes" == str(offered)
