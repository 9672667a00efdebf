"""New rounds of ceremonies, in which a file says something else."""

import json

from ceremony.core.manifest import document_of
from ceremony.core.states import Act
from tests.django.ceremonies import move
from tests.django.manifests import manifest_value, step
from tests.django.scenes import frozen

PATH = "shop/0001_orders.sql"


def renewed(ceremony, text):
    """The ceremony with a new round, whose one step runs ``text``."""
    stored = ceremony.manifests.get(round=ceremony.round)
    told = json.loads(stored.document)
    given = document_of(manifest_value(steps=(step(files=(frozen(PATH, text),)),)))
    told |= {"steps": given["steps"], "way_back": []}
    document = {key: value for key, value in told.items() if key not in {"ceremony", "round"}}
    return move(ceremony, Act.REQUEST, document=document)
