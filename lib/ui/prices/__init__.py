"""The parts of Pricing, and the answer to: why this price?"""
