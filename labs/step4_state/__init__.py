"""Step 4: master state and idempotency."""
