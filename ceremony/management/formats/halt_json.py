"""A halt as JSON."""

from ceremony.core.compensation import Offer
from ceremony.core.halting import HaltReport, Stopped, Taken
from ceremony.management.formats.facts import Json


def halt_json(report: HaltReport) -> Json:
    """Everything that the page shows, for programs."""
    following = report.state.next
    return {
        "target": report.alias,
        "environment": report.environment,
        "halt": str(report.halt) if report.halt else None,
        "lifted": report.lifted,
        "ceremony": report.ceremony,
        "ceremony_state": report.ceremony_state,
        "ledger_sequence": report.ledger_sequence,
        "next": following.value if following and report.halt else "",
        "missing": report.missing,
        "steps": list(report.steps),
        "stations": [_station(one) for one in report.state.taken],
        "compensations": [_offer(one) for one in report.offers],
        "exported": list(report.exported),
        "stopped": _stopped(report.stopped) if report.stopped else None,
    }


def _station(one: Taken) -> Json:
    return {
        "station": one.station.value,
        "at": one.at.isoformat(),
        "by": one.by,
        "text": one.text,
        "condition": one.condition,
        "decision": one.course,
    }


def _offer(offer: Offer) -> Json:
    one = offer.compensation
    return {
        "migration": offer.label,
        "because": offer.because,
        "when": one.when,
        "state": one.state,
        "affected": offer.rows,
        "problem": offer.problem,
        "restoration": one.restoration,
        "export": list(one.export),
        "downtime": one.downtime,
        "rehearsed_seconds": None if offer.microseconds is None else offer.microseconds / 1_000_000,
    }


def _stopped(met: Stopped) -> Json:
    return {
        "process": met.process,
        "still": met.still,
        "forbidden": met.forbidden,
        "already": met.already,
        "out_of_reach": met.out_of_reach,
    }
