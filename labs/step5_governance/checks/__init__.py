"""The checks of step 5, one module an exercise."""
