"""What was asked, decided, planned and done: one SQLite file for all projects of a person."""
