"""What models cost and may cost: prices, limits, and the sums of what was spent."""
