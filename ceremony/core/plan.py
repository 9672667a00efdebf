"""The plan: what it is (``step``), and how it is made (``applying``, ``rolling_back``,
``compare``).
"""

from ceremony.core.applying import plan_apply
from ceremony.core.compare import compare
from ceremony.core.rolling_back import plan_rollback
from ceremony.core.step import Direction, Plan, Step, plan_digest

__all__ = [
    "Direction",
    "Plan",
    "Step",
    "compare",
    "plan_apply",
    "plan_digest",
    "plan_rollback",
]
