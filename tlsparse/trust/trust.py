"""What whoever reads a capture knows beyond the public roots: authorities of their own, and lists of what was revoked.

The public roots are always trusted as well; a chain tells in which store its root was found. A file that is named and
holds nothing of use is a mistake of the caller's, and is said at once: a chain judged without the root that was meant
would be judged wrongly.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from tlsparse.errors import UsageError
from tlsparse.trust.crls import Crls, crls_in
from tlsparse.trust.roots import Roots, certificates_in, default_roots

PathLike: TypeAlias = "str | os.PathLike[str]"


@dataclass(frozen=True, eq=False, slots=True)
class Trust:
    """Who is trusted, and what was revoked."""

    roots: Roots
    crls: Crls
    origin: tuple[tuple[Path, ...], tuple[Path, ...]] = ((), ())  # what both were read from

    def __reduce__(self) -> tuple[object, ...]:
        """Another process reads the same files: what is in them cannot be sent."""
        return read_trust, self.origin


def read_trust(
    roots: PathLike | Iterable[PathLike] = (), crls: PathLike | Iterable[PathLike] = ()
) -> Trust | None:
    """Read roots and revocation lists.

    Parameters
    ----------
    roots
        Files with certificates, in PEM or DER, or folders of such files. They are trusted besides the public ones.
    crls
        Files with certificate revocation lists, in PEM or DER, or folders of such files.

    Returns
    -------
    Trust or None
        None if nothing is given: the public roots alone, and no list.

    Raises
    ------
    UsageError
        A file cannot be read, or it, or a whole folder, holds nothing that was looked for.
    """
    own, lists = _paths(roots), _paths(crls)
    if not own and not lists:
        return None
    trusted = default_roots()
    for path in own:
        found = [der for data in _contents(path) for der in certificates_in(data)]
        if not found:
            raise UsageError(f"there is no certificate in {path}; roots are read from PEM and DER")
        trusted = trusted.with_certificates(found, str(path))
    revoked = []
    for path in lists:
        read = [crl for data in _contents(path) for crl in crls_in(data)]
        if not read:
            raise UsageError(
                f"there is no certificate revocation list in {path}; they are read from PEM and DER"
            )
        revoked += read
    return Trust(trusted, Crls(revoked), (own, lists))


def _paths(given: PathLike | Iterable[PathLike]) -> tuple[Path, ...]:
    return tuple(map(Path, [given] if isinstance(given, str | os.PathLike) else given))


def _contents(path: Path) -> list[bytes]:
    """Return what is in a file, or in each file of a folder."""
    try:
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        return [file.read_bytes() for file in files if file == path or file.is_file()]
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot read {error.filename or path}: {reason}") from error
