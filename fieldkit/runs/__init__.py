"""Somebody's command, run, watched, killed and put back."""
