"""`ts rules …`: author, check and compare rules; a file for each command."""
