"""Step 5's small world: who may see what of Northlight Supply, and an assistant that tells all."""

from labs.step5_governance.world.page import World

__all__ = ["World"]
