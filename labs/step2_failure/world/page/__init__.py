"""What only the page shows: incidents to cause, small examples, tables and plots."""
