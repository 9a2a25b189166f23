"""Instruments that test and guard any data pipeline; they know nothing of teaching."""
