"""Grading, cohorts, the room: on top of the engine; knows no lab by name."""
