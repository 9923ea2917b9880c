"""The causes that a finding may name: the taxonomy of `causes.toml`.

An id leads from general to particular, and all that stands before a dot is a cause too: a finding that cannot tell why
a certificate was refused names ``certificate``, one that can ``certificate.expired``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple


class Cause(NamedTuple):
    """Why a handshake fails."""

    id: str
    title: str
    meaning: str  # in one sentence


@cache
def causes() -> Mapping[str, Cause]:
    """Return every cause, by its id."""
    text = resources.files("tlsparse.diagnosis").joinpath("causes.toml").read_text("utf-8")
    return {id: Cause(id, **words) for id, words in tomllib.loads(text).items()}
