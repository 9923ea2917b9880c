"""A server or client of aioquic: one request and one answer on a stream.

Server: quic_peer.py server CERTIFICATE KEY [ALPN [VERSION]]
Client: quic_peer.py client NAME ROOT [ALPN [VERSION]]
"""

import asyncio
import contextlib
import os
import sys
from pathlib import Path

from aioquic.asyncio import connect, serve
from aioquic.quic.configuration import QuicConfiguration

VERSION_1 = "00000001"

answers: set[asyncio.Task[None]] = set()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.write(b"It works.")
    writer.write_eof()


def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    answers.add(asyncio.ensure_future(answer(reader, writer)))


async def server(certificate: str, key: str, alpn: str = "h3", version: str = VERSION_1) -> None:
    configuration = QuicConfiguration(is_client=False, alpn_protocols=[alpn])
    configuration.supported_versions = [int(version, 16)]
    configuration.load_cert_chain(certificate, key)
    await serve("0.0.0.0", 443, configuration=configuration, stream_handler=take)
    await asyncio.Event().wait()


async def client(name: str, root: str, alpn: str = "h3", version: str = VERSION_1) -> None:
    configuration = QuicConfiguration(alpn_protocols=[alpn], server_name=name, idle_timeout=4)
    configuration.supported_versions = [int(version, 16)]
    configuration.load_verify_locations(root)
    with (
        Path(os.environ.get("SSLKEYLOGFILE", os.devnull)).open("a", encoding="ascii") as secrets,
        contextlib.suppress(ConnectionError, asyncio.TimeoutError),
    ):
        configuration.secrets_log_file = secrets
        async with connect(name, 443, configuration=configuration) as quic:
            reader, writer = await quic.create_stream()
            writer.write(b"Does it work?")
            writer.write_eof()
            await reader.read()


role, *arguments = sys.argv[1:]
asyncio.run({"server": server, "client": client}[role](*arguments))
