"""Step 2: design for total failure."""
