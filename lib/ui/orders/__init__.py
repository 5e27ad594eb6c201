"""The parts of Orders: the list's bar, the order beside it, parcels, files."""
