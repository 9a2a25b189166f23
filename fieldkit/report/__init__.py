"""One report for all instruments."""
