"""What a secret looks like: the rules, and the scanner that applies them to text; pure."""

from __future__ import annotations

from pairlog.rules.finding import Finding
from pairlog.rules.known import Known
from pairlog.rules.personal import RULES as PERSONAL
from pairlog.rules.scanner import Scanner

__all__ = ["PERSONAL", "Finding", "Known", "Scanner"]
