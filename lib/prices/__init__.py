"""Prices: the formula, its rules, what they would do, and what was done."""
