"""Step 4's small world: Northlight Supply's orders arrive in daily deliveries."""

from labs.step4_state.world.page.night import World

__all__ = ["World"]
