"""``reconcile_sql``: settle from the ledger what a crash left open in the record."""

from typing import Any

from django.core.management.base import CommandParser

from ceremony import conf
from ceremony.actions.actor import current_actor
from ceremony.actions.reconcile import ReconcileRequest, reconcile
from ceremony.management.base import LEDGER_TELLS, CeremonyCommand
from ceremony.management.formats.json_format import reconcile_report
from ceremony.management.pages.reconcile import reconcile_page
from ceremony.management.places import prefix_of
from ceremony.management.trouble import of_reconciliation
from ceremony.management.watchers.quiet import QuietWatcher


class Command(CeremonyCommand):
    """Exit 0 when ledger and records agree afterwards, 5 when something is left for a person."""

    help = "Settle from the target's ledger what a crash left open in the record."
    only_confirms = True
    left_behind = LEDGER_TELLS

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--database", metavar="ALIAS", required=True, help="The target, an alias of DATABASES."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        actor = current_actor().shown
        request = ReconcileRequest(options["database"], actor, self.typed)
        report = reconcile(request, QuietWatcher())
        prefix = prefix_of(conf.load().root)
        page = reconcile_page(report, prefix)
        self.answer(page, [reconcile_report(report)], of_reconciliation(report))
