from __future__ import annotations

from datetime import UTC, datetime

from tlsparse.tls.reader import Reader
from tlsparse.tls.sct import sct_list

SCT = """
    00 32  00 30                              # list, one serialized SCT
    00                                        # version 1
    a1 a1 a1 a1 a1 a1 a1 a1 a1 a1 a1 a1 a1 a1 a1 a1
    a1 a1 a1 a1 a1 a1 a1 a1 a1 a1 a1 a1 a1 a1 a1 a1   # log id
    00 00 01 8b cf e5 68 00                   # timestamp
    00 00                                     # extensions
    04 03 00 01 5a                            # signature
"""


def test_a_timestamp_says_which_log_and_when(wire):
    (sct,) = sct_list(Reader(wire(SCT)))

    assert ("a1" * 32, 1_700_000_000_000) == (sct.log_id, sct.timestamp_ms)
    assert datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC) == sct.time
    assert "ecdsa_secp256r1_sha256" == str(sct.signature_scheme)


def test_a_time_beyond_all_calendars_is_a_number(wire):
    body = wire(SCT.replace("00 00 01 8b cf e5 68 00", "ff ff ff ff ff ff ff ff"))
    (sct,) = sct_list(Reader(body))

    assert sct.time is None
    assert f"log a1a1a1a1a1a1a1a1 at {2**64 - 1} ms" == str(sct)
