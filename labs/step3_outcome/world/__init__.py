"""Step 3's small world: a query log, what it costs, and what is written down of its value."""

from labs.step3_outcome.world.page import World

__all__ = ["World"]
