"""Tests of the core: tables of rules, queries and verdicts, and properties over generated rulebooks."""
