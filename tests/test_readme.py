"""What README.md says is true: its code runs, its output is what is printed, its files exist.

The two commands for a fresh machine are run by .ci/run.
"""

from __future__ import annotations

import ast
import re
import struct
from pathlib import Path

import pytest

from tlsparse.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^(?:<!-- (.*?) -->\n)?```(\w+)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
FILE = re.compile(r"(?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:md|yml|toml|ipynb)|LICENSE[\w-]*")


def blocks(language: str) -> list[str]:
    return [text for _, kind, text in BLOCKS if kind == language]


def png_size(path: Path) -> tuple[int, int]:
    """Read width and height out of a PNG's first chunk."""
    width, height = struct.unpack(">II", path.read_bytes()[16:24])
    return width, height


def test_the_code_draws_the_picture_that_is_shown(tmp_path, monkeypatch, capsys):
    code, _ = blocks("python")
    (tmp_path / "docs").mkdir()
    (tmp_path / "captures").symlink_to(ROOT / "captures")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")

    exec(compile(code, "README.md", "exec"), {})

    assert 6 == len(ast.parse(code).body)
    assert "1 alerted" in capsys.readouterr().out
    assert png_size(ROOT / "docs/ladder.png") == png_size(tmp_path / "docs/ladder.png")


def test_the_loop_over_a_stream_tells_each_cause(monkeypatch, capsys):
    _, code = blocks("python")
    monkeypatch.chdir(ROOT)

    exec(compile(code, "README.md", "exec"), {})

    assert 4 == len(capsys.readouterr().out.splitlines())


def test_the_printed_diagnosis_is_the_one_that_is_shown(monkeypatch, capsys):
    """Some is left out, where three dots stand."""
    ((comment, shown),) = [(c, text) for c, kind, text in BLOCKS if c.startswith("output of: ")]
    monkeypatch.chdir(ROOT)

    status = main(comment.removeprefix("output of: tlsparse ").split())
    printed = capsys.readouterr().out

    assert 1 == status
    for part in shown.strip().split("..."):
        start = printed.find(part.strip())
        assert 0 <= start, part
        printed = printed[start:]


def test_the_commands_for_a_fresh_machine_are_marked_for_the_checks():
    marked = {comment: text for comment, kind, text in BLOCKS if kind == "sh" and comment}

    assert {"ci: diagnose", "ci: test"} == marked.keys()
    assert all(1 == len(text.splitlines()) for text in marked.values())


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\]\(((?!https?:)[^)]+)\)", README))))
def test_what_is_linked_to_exists(name):
    assert (ROOT / name).exists()


@pytest.mark.parametrize(
    "name",
    sorted(
        {name for quoted in re.findall(r"`([^`\n]+)`", README) for name in FILE.findall(quoted)}
    ),
)
def test_a_file_that_is_named_exists(name):
    assert (ROOT / name).exists()


def test_every_table_is_named():
    from tlsparse.frames import TABLES

    assert list(TABLES) == re.findall(r"^- `(\w+)`: ", README, re.MULTILINE)


def test_every_option_is_named(capsys):
    told = ""
    for verb in ("diagnose", "show", "plot", "explain"):
        with pytest.raises(SystemExit):
            main([verb, "--help"])
        told += capsys.readouterr().out
    (summary,) = [text for text in blocks("text") if text.startswith("tlsparse diagnose FILE")]

    named = re.findall(r"^ {4}(-\S.*?) {2,}", summary, re.MULTILINE)
    known = re.findall(r"^ {2}(-\S.*?)(?: {2,}|$)", told, re.MULTILINE)

    assert options(known) - {"-h", "--help"} == options(named)


def test_every_verb_is_named():
    (summary,) = [text for text in blocks("text") if text.startswith("tlsparse diagnose FILE")]

    verbs = re.findall(r"^tlsparse (\w+)", summary, re.MULTILINE)

    assert ["diagnose", "show", "plot", "explain"] == verbs


def options(lines: list[str]) -> set[str]:
    return {option for line in lines for option in re.findall(r"(?<!\S)--?[a-z][a-z-]*", line)}
