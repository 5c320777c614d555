"""Settings of other tools, taken over into tables of `ts.toml`; it calls no server and keeps no secret."""

from router.importing.hiding import Secret
from router.importing.landing import Landed, land
from router.importing.taking import Taken, Where
from router.importing.whole import Imported, Refusal, imported, rendered

__all__ = ["Imported", "Landed", "Refusal", "Secret", "Taken", "Where", "imported", "land", "rendered"]
