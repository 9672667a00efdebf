"""The baseline: one repeatable file that builds a schema, written from a dump of it, and the proof
that it does.
"""

from ceremony.core.baseline.parts import Taste
from ceremony.core.baseline.proof import Proof, prove, respelled, told
from ceremony.core.baseline.written import BaselineFacts, BaselineFiles, write_baseline

__all__ = [
    "BaselineFacts",
    "BaselineFiles",
    "Proof",
    "Taste",
    "prove",
    "respelled",
    "told",
    "write_baseline",
]
