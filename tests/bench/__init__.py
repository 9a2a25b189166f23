"""What the engine, the instruments and others' tools take: `make bench`."""
