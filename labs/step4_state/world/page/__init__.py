"""What only the page of step 4 shows: the incident, small worlds to play with, what is kept."""
