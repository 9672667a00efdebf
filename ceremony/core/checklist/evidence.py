"""The words with which an item of the acceptance names the evidence that answers it."""

from collections.abc import Mapping
from types import MappingProxyType

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "applied": "every step of the run is done, and none was skipped",
        "preflight": "every item before the run passed or was waived",
        "checks": "the checks were run again after the run and held",
        "contract": "the contract holds after the run",
        "second-run": "a second run found nothing to do and changed nothing",
        "rows": "no table that was there before has fewer rows without a Data loss: header",
        "application": "the commands of AFTER_RUN ended well",
        "rehearsed": "the rehearsal of exactly these files ran every way back and was clean",
        "applied-locally": "the same files were applied on a local target before",
    }
)
"""Each word with what the evidence says."""
