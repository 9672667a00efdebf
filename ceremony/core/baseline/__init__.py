"""The baseline: one repeatable file that builds a schema, written from a dump of it."""

from ceremony.core.baseline.parts import Taste
from ceremony.core.baseline.written import BaselineFacts, BaselineFiles, write_baseline

__all__ = ["BaselineFacts", "BaselineFiles", "Taste", "write_baseline"]
