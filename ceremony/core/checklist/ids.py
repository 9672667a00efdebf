"""The ids of the items that Ceremony itself puts on checklists. The words stay for ever."""

REACHABLE = "reachable"
SERVER_VERSION = "server-version"
FILES = "files"
EXTENSIONS = "extensions"
REQUIRED_OBJECTS = "required-objects"
CLEAN_STATE = "clean-state"
FLAGS_OFF = "flags-off"
LONG_TRANSACTIONS = "long-transactions"
OTHER_SESSIONS = "other-sessions"
PREPARED = "prepared-transactions"
INVALID_INDEXES = "invalid-indexes"
REPLICA_LAG = "replica-lag"
DISK_FREE = "disk-free"
CHECKS_BEFORE = "checks-before"

CHECKS = "checks"
CONTRACT = "contract"
SECOND_RUN = "second-run"
ROWS = "rows"
INDEXES_AFTER = "invalid-indexes"
APPLICATION = "application"

CLAIM = "claim-"
"""What stands in front of the id of an item that checks a claim of the summary."""

OF_PREFLIGHT = frozenset(
    {
        REACHABLE,
        SERVER_VERSION,
        FILES,
        EXTENSIONS,
        REQUIRED_OBJECTS,
        CLEAN_STATE,
        FLAGS_OFF,
        LONG_TRANSACTIONS,
        OTHER_SESSIONS,
        PREPARED,
        INVALID_INDEXES,
        REPLICA_LAG,
        DISK_FREE,
        CHECKS_BEFORE,
    }
)
"""Those that stand before a run; no item of a series may have one of them."""

OF_VERIFICATION = frozenset({CHECKS, CONTRACT, SECOND_RUN, ROWS, INDEXES_AFTER, APPLICATION})
"""Those that stand after it."""
