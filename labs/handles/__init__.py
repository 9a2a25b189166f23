"""What a check puts into the hands of an answer: a database, a source, a clock, files."""
