"""Judge."""

from ceremony.actions.permit import Permit
from ceremony.actions.ready import Ready
from ceremony.models import Ceremony, StoredManifest


def refuse_unfit(permit: Permit, here: Ready) -> tuple[Ceremony, StoredManifest]:
    raise NotImplementedError
