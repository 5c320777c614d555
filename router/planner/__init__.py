"""Asks a GPT-OSS model for a plan where no rule decides; what cannot be carried out never gets through."""

from __future__ import annotations

from router.planner.planner import AskingPlanner

__all__ = ["AskingPlanner"]
