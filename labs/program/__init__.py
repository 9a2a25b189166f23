"""What spans the five steps: the thirty days, the kit, the scorecard and the diagnosis."""
