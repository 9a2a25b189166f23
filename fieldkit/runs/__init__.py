"""Runs of a command: watched, killed, and the states restored."""
