"""Step 3: own the business outcome."""
