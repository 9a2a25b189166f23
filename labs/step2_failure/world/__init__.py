"""Step 2's small world: a payments API that fails, and the board that depends on it."""
