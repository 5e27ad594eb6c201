"""The parts of Purchase: the form, the desk, warehouses and marks."""
