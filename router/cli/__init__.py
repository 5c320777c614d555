"""Words into calls: a short file for each command; what a command can do, the library can do."""
