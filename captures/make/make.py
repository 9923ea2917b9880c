"""Make the captures of this project: ``python captures/make/make.py [NAME...]``.

Without names, makes all. Each scenario gets its own network, plays, and is recorded; the rewrites
of `derive` follow. The manifest is brought up to date with what was made, and keeps its other
lines. Needs root (for network namespaces), the programs of TOOLS and the Python package
cryptography; says what is missing.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import importlib.util
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scenarios import Scenario

CAPTURES = Path(__file__).resolve().parent.parent
MANIFEST = CAPTURES / "manifest.csv"
COLUMNS = ["file", "story", "outcomes", "findings", "origin", "sha256"]

# Program -> the Debian package that has it.
TOOLS = {
    "certutil": "libnss3-tools",
    "curl": "curl",
    "gnutls-cli": "gnutls-bin",
    "go": "golang-go",
    "ip": "iproute2",
    "java": "default-jdk-headless",
    "nginx": "nginx-light",
    "node": "nodejs",
    "openssl": "openssl",
    "tcpdump": "tcpdump",
}


def main() -> int:
    """Make the captures named on the command line; return the exit status."""
    missing = what_is_missing()
    if missing:
        print("make.py:", "; ".join(missing), file=sys.stderr)
        return 2
    # Needs cryptography, which may be what is missing.
    from derive import REWRITES
    from pki import make_pki
    from scenarios import SCENARIOS

    known = [*SCENARIOS, *REWRITES]
    parser = argparse.ArgumentParser(description="Make captures.", epilog=f"Known: {known}")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which to make; all by default")
    names = parser.parse_args().names or known
    unknown = set(names) - set(known)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(known)}")

    rows = read_manifest()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        make_pki(Path(folder))
        for name in names:
            try:
                row = (
                    play(SCENARIOS[name], Path(folder))
                    if name in SCENARIOS
                    else REWRITES[name].row(CAPTURES)
                )
            except RuntimeError as error:
                failed += 1
                print(f"{name}: not made: {error}", file=sys.stderr)
                continue
            row["sha256"] = hashlib.sha256((CAPTURES / row["file"]).read_bytes()).hexdigest()
            rows[name] = row
            print(f"{row['file']}: {(CAPTURES / row['file']).stat().st_size} bytes")
            write_manifest([rows[each] for each in known if each in rows])
    return 1 if failed else 0


def play(scenario: Scenario, folder: Path) -> dict[str, str]:
    """Play one scenario and keep its capture; return its row of the manifest (without the hash)."""
    from lab import Lab, recording
    from network import SERVER, SERVER6, Network, host_names, inside
    from pki import SERVER_NAME

    names = (SERVER_NAME, "other.test", "proxy.test")
    capture = folder / "capture.pcap"
    keylog = folder / "keylog"
    keylog.unlink(missing_ok=True)
    with (
        host_names({SERVER: names, SERVER6: ("six.test",)}),
        Network(**scenario.network),
        Lab(folder, keylog if scenario.keylog else None) as lab,
    ):
        where = scenario.recording.get("where", inside("client"))
        with recording(capture, **{**scenario.recording, "where": where}):
            scenario.play(lab)
    file = f"{scenario.name}.pcap"
    shutil.copyfile(capture, CAPTURES / file)
    if scenario.keylog:
        if not keylog.exists():
            raise RuntimeError("no program wrote a key log")
        shutil.copyfile(keylog, CAPTURES / f"{scenario.name}.keylog")
    for suffix, kept in scenario.keeps.items():
        shutil.copyfile(folder / kept, CAPTURES / f"{scenario.name}{suffix}")
    return {
        "file": file,
        "story": scenario.story,
        "outcomes": scenario.outcomes,
        "findings": scenario.findings,
        "origin": f"{', '.join(lab.stacks)}; scenarios.{scenario.name}",
    }


def what_is_missing() -> list[str]:
    """What keeps this machine from making captures, one phrase each."""
    missing = [
        f"{tool} is missing (Debian package {package})"
        for tool, package in TOOLS.items()
        if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    ]
    if importlib.util.find_spec("cryptography") is None:
        missing.append("the Python package cryptography is missing")
    if os.geteuid() != 0:
        missing.append("network namespaces need root")
    return missing


def read_manifest() -> dict[str, dict[str, str]]:
    """The rows of the manifest, by name of the scenario or rewrite."""
    if not MANIFEST.exists():
        return {}
    with MANIFEST.open(encoding="utf-8", newline="") as file:
        return {row["file"].partition(".")[0]: row for row in csv.DictReader(file)}


def write_manifest(rows: list[dict[str, str]]) -> None:
    """Write the manifest, in the order given."""
    with MANIFEST.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    sys.exit(main())
