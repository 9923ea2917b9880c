"""Why did it fail, and what mends it?

Rules are small and independent, one file each in `rules/`; each looks at one handshake and yields findings. They are
ranked in one place (`judge`). The causes that a finding may name are data: `causes.toml`.

Patterns, one file each in `patterns/`, look at all handshakes of a capture and yield what many have in common.
"""

from tlsparse.diagnosis.finding import Finding, Severity
from tlsparse.diagnosis.judge import diagnose

__all__ = ["Finding", "Severity", "diagnose"]
