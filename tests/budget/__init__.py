"""What models cost and may cost."""
