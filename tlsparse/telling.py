"""Handshakes told one by one, on standard output, as they end.

Each is written, and let go, before the next is asked for; in the end one line sums up.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator
from contextlib import closing

from tlsparse.capture import headline
from tlsparse.diagnosis.finding import Finding
from tlsparse.diagnosis.judge import diagnose, has_failed
from tlsparse.handshake.handshake import Handshake
from tlsparse.language import ENGLISH
from tlsparse.output import Layout, handshake_json, handshake_text
from tlsparse.streaming import Streaming


def tell(
    handshakes: Generator[Handshake],
    streaming: Streaming,
    name: str,
    *,
    as_json: bool,
    lang: str = ENGLISH,
) -> int:
    """Print each handshake when it is told: as text, with a summary at the end, or as a line of JSON.

    Parameters
    ----------
    handshakes
        Those of a source, as `streaming` yields them. It is closed, whatever happens.
    streaming
        The run over the source, which counts its packets.
    name
        What the source is called.
    as_json
        Whether to write the same objects as for a file, which have no summary.
    lang
        The language of what is said.

    Returns
    -------
    int
        How many handshakes failed.
    """
    outcomes: Counter[str] = Counter()
    failed = 0
    with closing(handshakes):
        for handshake in handshakes:
            outcomes[handshake.outcome] += 1
            findings = diagnose(handshake, lang=lang)
            failed += has_failed(handshake, findings)
            print(_text(handshake, findings, as_json, lang), flush=True)
    if not as_json:
        problems = streaming.problems_met
        print(headline(name, streaming.packets, outcomes, problems, lang), flush=True)
    return failed


def _text(handshake: Handshake, findings: list[Finding], as_json: bool, lang: str) -> str:
    if as_json:
        return json.dumps(handshake_json(handshake.flow.number, handshake, findings))
    text = handshake_text(handshake, findings, Layout(language=lang))
    return text + "\n" if "\n" in text else text
