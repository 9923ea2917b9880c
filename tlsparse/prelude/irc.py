"""IRC: chat, where answers are numbered but come between other messages.

670 says that TLS may begin, 691 that it may not; 421 is an unknown command, 451 one that came before registration.
The capability ``tls`` is listed in answer to CAP LS.

Source: RFC 1459 section 2.3 (messages); IRCv3 specification "tls" (STARTTLS, 670, 691) and "capability negotiation".
"""

from __future__ import annotations

import re

from tlsparse.prelude.prelude import Prelude, answer_no
from tlsparse.prelude.talk import Line, Talk, shown

GRANTED = "670"
REFUSALS = {"691", "421", "451"}
CLIENT = r"(CAP|NICK|USER|PASS|STARTTLS|PROTOCTL|SERVER)\b"
SERVER = r":\S+ (\d{3}|NOTICE|CAP|PONG) |(NOTICE|PING|ERROR) :?\S"


def read_irc(talk: Talk) -> Prelude | None:
    """Recognise IRC by the first line of each side."""
    commands, answers = talk.lines("client"), talk.lines("server")
    if not commands or not re.match(CLIENT, commands[0].text, re.IGNORECASE):
        return None
    if answers and not re.match(SERVER, answers[0].text):
        return None
    if not answers and not re.match(r"CAP LS|NICK \S+$", commands[0].text, re.IGNORECASE):
        return None
    asked = next((line for line in commands if line.text.strip().upper() == "STARTTLS"), None)
    listed = [line for line in answers if re.match(r":\S+ CAP \S+ LS\b", line.text)]
    advertised = any(re.search(r"[: ]tls\b", line.text) for line in listed) if listed else None
    answer = _answer(answers) if asked else None
    granted = answer is not None and answer.text.split(" ")[1] == GRANTED
    return Prelude(
        "irc",
        greeting=shown(answers[0].text) if answers and answers[0] is not answer else "",
        advertised=advertised,
        asked=asked.turn if asked else None,
        request="STARTTLS" if asked else "",
        granted=answer.turn if answer and granted else None,
        refused=answer_no(
            answer.turn, answer.text.split(" ")[1], answer.text, advertised=advertised
        )
        if answer and not granted
        else None,
        went_on=(asked is None or not granted)
        and any(line.text.upper().startswith(("JOIN", "PRIVMSG")) for line in commands),
    )


def _answer(answers: list[Line]) -> Line | None:
    """Return the line that answers STARTTLS."""
    for line in answers:
        words = line.text.split(" ")
        if len(words) > 1 and line.text.startswith(":"):
            about = len(words) > 3 and words[3].upper() == "STARTTLS"
            if words[1] in {GRANTED, "691"} or (words[1] in REFUSALS and about):
                return line
    return None
