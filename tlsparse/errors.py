"""The few ways a caller, or a byte, can be wrong.

Three kinds of trouble exist (see the package's docstring). The caller's own mistakes are exceptions that say what
was wrong and what would be right. Bytes that cannot be read raise `DecodeError` inside a decoder; it is caught in one
place and becomes a row of `capture.problems`, so it never reaches a caller of `read`. A handshake that failed is no
error at all: it is what we came for.
"""


class TlsparseError(Exception):
    """Base of everything that tlsparse raises on purpose."""


class NotACaptureError(TlsparseError, ValueError):
    """The input is neither pcap nor pcapng, compressed or not."""


class UsageError(TlsparseError, ValueError):
    """A call asked for something that does not exist or does not fit."""


class LiveCaptureError(TlsparseError, OSError):
    """Packets cannot be captured here: no program for it, no such interface, or not the right to."""


class MissingExtraError(TlsparseError, ImportError):
    """An optional package is needed; the message names the extra that brings it."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs {package}: pip install 'tlsparse[{extra}]'")


class DecodeError(TlsparseError, ValueError):
    """Bytes do not have the structure that their type announces.

    Parameters
    ----------
    structure
        What was being read, as the RFC names it: ``client_hello.cipher_suites``.
    reason
        What is wrong: ``needs 2 bytes, has 1``.
    offset
        Byte at which reading stopped, counted from the start of the message body.
    """

    def __init__(self, structure: str, reason: str, offset: int) -> None:
        super().__init__(f"{structure}: {reason} at byte {offset}")
        self.structure = structure
        self.reason = reason
        self.offset = offset
