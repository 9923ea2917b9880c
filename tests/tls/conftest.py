"""The law that every decoder keeps."""

from __future__ import annotations

from collections.abc import Callable, Collection

import pytest

from tlsparse.errors import DecodeError


@pytest.fixture(scope="session")
def decodes_only_whole() -> Callable[..., None]:
    """Check that a body decodes, and that nothing shorter or longer does, except lengths in `also`."""

    def check(
        decode: Callable[[bytes], object], body: bytes, *, also: Collection[int] = ()
    ) -> None:
        decode(body)
        for length in range(len(body)):
            if length in also:
                decode(body[:length])
                continue
            with pytest.raises(DecodeError):
                decode(body[:length])
        with pytest.raises(DecodeError):
            decode(body + b"\x00")

    return check
