"""The instruments: measure any pipeline's state and behaviour; know nothing of teaching."""
