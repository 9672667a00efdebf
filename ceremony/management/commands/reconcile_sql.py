"""``reconcile_sql``: settle from the ledger what a crash left open in the record."""

from typing import Any

from django.core.management.base import CommandParser

from ceremony import conf
from ceremony.actions.reconcile import ReconcileRequest, reconcile
from ceremony.management.formats.json_format import reconcile_report
from ceremony.management.pages.reconcile import reconcile_page
from ceremony.management.person import add_person_arguments, person_of
from ceremony.management.places import prefix_of
from ceremony.management.progress import NoLook
from ceremony.management.running import WatchedCommand, reason
from ceremony.management.trouble import of_reconciliation


class Command(WatchedCommand):
    """Exit 0 when ledger and records agree afterwards, 5 when something is left for a person."""

    help = "Settle from the target's ledger what a crash left open in the record."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--database", metavar="ALIAS", required=True, help="The target, an alias of DATABASES."
        )
        parser.add_argument(
            "--adopt",
            type=reason,
            metavar="WHY",
            help="Take the target over as it is now (a copy, a restored backup, another control "
            "database, another environment); the reason is recorded.",
        )
        parser.add_argument(
            "--accept-drift",
            type=reason,
            metavar="WHY",
            help="Take the catalog of the target as it is now: a new snapshot is stored, and the "
            "reason is recorded.",
        )

        add_person_arguments(
            parser, "The account that adopts a protected target; it needs the right to override."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        request = ReconcileRequest(
            options["database"],
            self.caller(),
            options["adopt"] or "",
            options["accept_drift"] or "",
            person_of(options),
        )
        with self.watcher(NoLook()) as watcher:
            report = reconcile(request, watcher)
        prefix = prefix_of(conf.load().root)
        page = reconcile_page(report, prefix)
        self.answer(page, [reconcile_report(report)], of_reconciliation(report))
