"""Answers that attack their judge, as fixtures; grading uses them too."""
