"""The way in for other programs: what they see of the servers and agents, and their calls carried out."""
