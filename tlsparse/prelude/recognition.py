"""Which protocol is it? The table of all of them, and the one way through it.

Each protocol is asked whether these are its words. Where more than one says so, which is rare (a greeting of 220 may
be that of SMTP and of FTP), the one whose port it is counts, and else the first of the table. What goes through a
tunnel is read in the same way, so that SMTP behind a proxy is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

from tlsparse.prelude.ftp import read_ftp
from tlsparse.prelude.http_connect import read_http_connect
from tlsparse.prelude.imap import read_imap
from tlsparse.prelude.irc import read_irc
from tlsparse.prelude.ldap import read_ldap
from tlsparse.prelude.mssql import read_mssql
from tlsparse.prelude.mysql import read_mysql
from tlsparse.prelude.nntp import read_nntp
from tlsparse.prelude.pop3 import read_pop3
from tlsparse.prelude.postgresql import read_postgresql
from tlsparse.prelude.prelude import Prelude
from tlsparse.prelude.proxy_protocol import read_proxy_protocol
from tlsparse.prelude.rdp import read_rdp
from tlsparse.prelude.sieve import read_sieve
from tlsparse.prelude.smtp import read_smtp
from tlsparse.prelude.socks import read_socks
from tlsparse.prelude.talk import Side, Talk, Turn
from tlsparse.prelude.xmpp import read_xmpp

DEEPEST = 4
"""Tunnels within tunnels that are followed."""


class Protocol(NamedTuple):
    """One protocol that may stand before TLS."""

    read: Callable[[Talk], Prelude | None]
    ports: frozenset[int]


PROTOCOLS: dict[str, Protocol] = {
    "proxy": Protocol(read_proxy_protocol, frozenset()),
    "http_connect": Protocol(read_http_connect, frozenset({3128, 8080})),
    "socks": Protocol(read_socks, frozenset({1080})),
    "smtp": Protocol(read_smtp, frozenset({24, 25, 587, 2525})),  # and lmtp
    "imap": Protocol(read_imap, frozenset({143})),
    "pop3": Protocol(read_pop3, frozenset({110})),
    "ftp": Protocol(read_ftp, frozenset({21, 2811})),
    "nntp": Protocol(read_nntp, frozenset({119, 433})),
    "sieve": Protocol(read_sieve, frozenset({2000, 4190})),
    "irc": Protocol(read_irc, frozenset({194, *range(6660, 6670), 7000})),
    "xmpp": Protocol(read_xmpp, frozenset({5222, 5269})),
    "ldap": Protocol(read_ldap, frozenset({389, 3268})),
    "postgresql": Protocol(read_postgresql, frozenset({5432})),
    "mysql": Protocol(read_mysql, frozenset({3306})),
    "mssql": Protocol(read_mssql, frozenset({1433})),
    "rdp": Protocol(read_rdp, frozenset({3389})),
}


def read_prelude(
    turns: Iterable[Turn], *, closed_by: Side | None = None, port: int | None = None
) -> Prelude | None:
    """Recognise what was spoken before TLS, or instead of it.

    Parameters
    ----------
    turns
        What both sides said, in order of arrival, up to where each begins to speak TLS; all of it, where TLS never
        begins. Nothing may be missing between them. The client is who opened the connection.
    closed_by
        Who was the first to close the connection, by FIN or RST; None where the capture shows nobody doing so.
    port
        The server's port; it decides only where the words do not.

    Returns
    -------
    Prelude or None
        None if nothing was said, or nothing that is known.
    """
    return _read(Talk(turns, closed_by=closed_by, port=port), DEEPEST)


def _read(talk: Talk, depth: int) -> Prelude | None:
    if not talk.turns:
        return None
    found = {name: prelude for name, p in PROTOCOLS.items() if (prelude := p.read(talk))}
    if not found:
        return None
    name = next((name for name in found if talk.port in PROTOCOLS[name].ports), next(iter(found)))
    prelude = found[name]
    if prelude.opened is None or depth == 0:
        return prelude
    inner = _read(talk.rest(*prelude.opened, port=_port(prelude.target)), depth - 1)
    return replace(inner, through=_outermost(inner.through, prelude)) if inner else prelude


def _outermost(inner: Prelude | None, tunnel: Prelude) -> Prelude:
    """Put a tunnel around those that went through it."""
    return replace(inner, through=_outermost(inner.through, tunnel)) if inner else tunnel


def _port(target: str) -> int | None:
    """Return the port of a target that a tunnel leads to."""
    digits = target.rpartition(":")[2]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 5 else None
