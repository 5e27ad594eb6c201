"""The parts of the EAN Generator."""
