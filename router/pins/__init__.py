"""What tools and agents said of themselves when it was reviewed, and whether they still say it."""

from router.pins.changes import Change, changes
from router.pins.flags import Flag, flags
from router.pins.pin import PeerPin, Pinned, pinned
from router.pins.reading import LOCK_FILE, read_lock
from router.pins.unseen import escaped
from router.pins.vetting import Pins
from router.pins.writing import lock_text

__all__ = [
    "LOCK_FILE",
    "Change",
    "Flag",
    "PeerPin",
    "Pinned",
    "Pins",
    "changes",
    "escaped",
    "flags",
    "lock_text",
    "pinned",
    "read_lock",
]
