"""Ceremonies as pages show them: files that are frozen, items, and hostile words everywhere."""

import hashlib
from uuid import uuid4

from ceremony.actions.items import record_items
from ceremony.core.halting import Station
from ceremony.core.item import Item, ItemKind, ItemResult, Judged, Phase
from ceremony.core.manifest import FrozenFile
from ceremony.core.policy import PROTECTED
from ceremony.core.states import State
from ceremony.models import Blob, CeremonyRun, HaltStep, Remark, RunPurpose
from tests.django import factories
from tests.django.manifests import step, under

EVIL = "<script>alert('x')</script>\u202eevil"
SHOWN = "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;[U+202E]evil"
SQL = "ALTER TABLE orders ADD COLUMN email text; -- <script>alert('x')</script>\n"
HOSTILE_SQL = f"ALTER TABLE orders ADD COLUMN email text; -- {EVIL}\n"
"""What nobody may approve: a part of it cannot be seen."""

BACK = "ALTER TABLE orders DROP COLUMN email;\n"


def frozen(path, text=SQL):
    """A file whose bytes are kept under their digest."""
    data = text.encode()
    name = f"sha256:{hashlib.sha256(data).hexdigest()}"
    Blob.objects.get_or_create(digest=name, defaults={"size": len(data), "data": data})
    return FrozenFile(path, name)


def scene(policy=PROTECTED, state=State.REQUESTED, step_facts=None, sql=SQL, **fields):
    """A ceremony with a step, its way back, and both of their files."""
    change = frozen("shop/0001_orders.sql", sql)
    back = frozen("shop/0001_orders.rollback.sql", BACK)
    facts = {"files": (change, back), **(step_facts or {})}
    of = {
        "steps": (step(**facts),),
        "way_back": (step(event="rolled back", files=(back,)),),
    }
    return under(policy, state, of, **{"title": EVIL, "authors": ["lena"], **fields})


def item(ceremony, phase="pre-flight", kind="human", result="NOT RUN", **fields):
    """A result of an item of the newest round, with its event."""
    given = {"item": "backup", "text": f"A backup was taken. {EVIL}", "explanation": "", **fields}
    stored = ceremony.manifests.get(round=ceremony.round)
    about = Item(given["item"], given["text"], ItemKind(kind), Phase(phase))
    found = Judged(about, ItemResult(result), given["explanation"], by=given.get("by", ""))
    record_items(stored, [found], "lena")
    return stored.items.latest("pk")


def run(ceremony, purpose=RunPurpose.CHANGE, actor="m.okafor", **fields):
    """A run of the newest round, with its outcome."""
    made = factories.RunFactory(target=ceremony.target, actor=actor)
    factories.RunOutcomeFactory(run=made)
    manifest = ceremony.manifests.get(round=ceremony.round)
    return CeremonyRun.objects.create(
        run=made, ceremony=ceremony, manifest=manifest, purpose=purpose, **fields
    )


def halted(ceremony, station=Station.STOP, halt=None, **fields):
    """A station of a halt of the ceremony's target."""
    return HaltStep.objects.create(
        halt=halt or uuid4(),
        target=ceremony.target,
        ceremony=ceremony,
        station=station.value,
        condition="halt-by-hand" if station is Station.STOP else "",
        text=EVIL,
        by="lena",
        at=factories.NOON,
        **fields,
    )


def remarked(ceremony, text=EVIL):
    """A lesson learned."""
    return Remark.objects.create(
        ceremony=ceremony, kind="lesson", text=text, by=EVIL, at=factories.NOON
    )
