from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "server, fault",
    [
        ("{unoffered}", "did not offer"),
        ("{fine} {fine}", "came twice"),
        ("data:100 {fine}", "application data came before"),
        ("hex:1603030006020000020303", "cannot be parsed"),
    ],
)
def test_a_fault_of_the_server_hello_is_said(findings, hello, answer, alert, server, fault):
    words = server.format(unoffered=answer(0x00AF), fine=answer())
    (finding,) = findings(f"C {hello()}\n S {words}\n C {alert(47)}")

    assert ("integrity.malformed_record", "server") == (finding.cause, finding.side)
    assert fault in str(finding.summary)


def test_a_session_id_that_does_not_come_back_is_a_fault(findings, hello, answer, alert):
    talk = f"C {hello(session_id=bytes(32))}\n S {answer(0x1301, version=0x0304)}\n C {alert(47)}"
    (finding,) = findings(talk)

    assert "session id" in str(finding.summary)


@pytest.mark.parametrize("number", [10, 22, 50])
def test_alerts_for_what_must_not_come_are_believed(findings, hello, answer, alert, number):
    (finding,) = findings(f"C {hello()}\n S {answer()}\n C {alert(number)}")

    assert 0.92 > finding.confidence


def test_a_certificate_that_is_refused_breaks_nothing(findings, hello, answer, alert):
    assert [] == findings(f"C {hello()}\n S {answer()} certificate\n C {alert(48)}")


def of_version_5(word: str) -> str:
    """The word for a record, with a version in its header that there is not."""
    return word.replace("hex:160303", "hex:160505")


@pytest.mark.parametrize("end", ["C alert:fatal:protocol_version", "C fin"])
def test_a_hello_in_a_record_of_no_version_is_read_and_is_a_fault(findings, hello, answer, end):
    (finding,) = findings(f"C {hello()}\n S {of_version_5(answer())}\n {end}")

    assert ("integrity.malformed_record", "server_hello") == (finding.cause, finding.step)
    assert "0x0505" in str(finding.summary)


def test_a_client_that_only_leaves_has_found_no_fault(findings, hello, answer):
    assert [] == findings(f"C {hello()}\n S {answer()}\n C fin")
