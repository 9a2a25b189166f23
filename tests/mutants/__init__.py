"""Mechanical edits of right answers: each is caught by its exercise's check, or is equivalent."""
