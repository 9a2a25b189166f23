"""Step 3's small world: a query log, what it costs, and what is written down of its value."""
