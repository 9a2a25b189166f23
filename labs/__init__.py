"""What is taught: one folder per step, and the company they all share."""
