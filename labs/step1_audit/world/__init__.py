"""Step 1's small world: a lake of events, models that a machine wrote for it, and their bill."""

from labs.step1_audit.world.page import World

__all__ = ["World"]
