"""The lint's rules, one file each. ``BUILT_IN`` names them all.

To write a rule, add a file here that is named like its code (``lint-foreign-key-on-delete`` stands
in ``foreign_key_on_delete.py``), with

1. a docstring that says what the rule is after and what it does not look at,
2. a function that takes a ``Subject`` (``ceremony.core.lint.subject``) and yields remarks: it goes
   through ``subject.commands`` (what the script executes, DO blocks opened) and says
   ``command.remark(message, hint)``; ``subject.before`` and ``subject.new_tables`` tell what
   earlier files and this very file have made,
3. ``RULE``, with code, title, reason and the link to the page that says so.

Import its module below and put its ``RULE`` into ``BUILT_IN``, give it a row in
``docs/reference/lint.md``, and a test file of the same name in ``tests/core/rules``: a list of
files where it must fire, and at least as many where it must not. It looks at parse trees
(``ceremony.core.sql.parser`` has the node classes), never at text.

Other packages offer theirs as entry points of the group ``ceremony.rules``.
"""

from ceremony.core.lint.rule import Rule
from ceremony.core.rules import (
    breaks_contract,
    constraint_not_valid,
    dangerous_statement,
    data_loss_unsaid,
    definer_search_path,
    depends_on_table_existence,
    dynamic_sql,
    enum_value_in_transaction,
    foreign_key_on_delete,
    index_not_concurrent,
    not_idempotent,
    not_null_without_default,
    probe_missing,
    row_level_security,
    timestamp_without_zone,
    tsrange_over_timestamptz,
    type_change_rewrites,
    undeclared_dependency,
    undeclared_series,
    unseen_name,
    volatile_default,
    whole_table_update,
)

BUILT_IN: tuple[Rule, ...] = (
    breaks_contract.RULE,
    constraint_not_valid.RULE,
    dangerous_statement.RULE,
    data_loss_unsaid.RULE,
    definer_search_path.RULE,
    depends_on_table_existence.RULE,
    dynamic_sql.RULE,
    enum_value_in_transaction.RULE,
    foreign_key_on_delete.RULE,
    index_not_concurrent.RULE,
    not_idempotent.RULE,
    not_null_without_default.RULE,
    probe_missing.RULE,
    row_level_security.RULE,
    timestamp_without_zone.RULE,
    tsrange_over_timestamptz.RULE,
    type_change_rewrites.RULE,
    undeclared_dependency.RULE,
    undeclared_series.RULE,
    unseen_name.RULE,
    volatile_default.RULE,
    whole_table_update.RULE,
)
