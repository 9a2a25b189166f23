"""Step 1: leverage and audit AI."""
