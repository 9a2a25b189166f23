"""Step 5: implement defensive governance."""
