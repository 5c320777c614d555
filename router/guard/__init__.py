"""Keeps faults local: repeats what is safe, leaves alone what fails again and again, floods nobody."""

from router.guard.breakers import Breakers, BreakersUnreadable
from router.guard.guarded import Guarded
from router.guard.state import State, key_of

__all__ = ["Breakers", "BreakersUnreadable", "Guarded", "State", "key_of"]
