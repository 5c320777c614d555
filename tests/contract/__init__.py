"""What holds for every server and agent that others wrote."""
