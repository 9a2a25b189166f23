"""x"""


class World:
    def __init__(self, seed, orders_per_day=400):
        pass
