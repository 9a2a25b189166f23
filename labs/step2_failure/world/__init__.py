"""Step 2's small world: a payments API that fails in the morning, and a board at 08:00."""

from labs.step2_failure.world.page.world import World

__all__ = ["World"]
