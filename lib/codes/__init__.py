"""Codes: what is held, drawn, given out, printed and cleared."""
