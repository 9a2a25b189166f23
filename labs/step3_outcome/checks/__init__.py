"""One check for each exercise of step 3."""
