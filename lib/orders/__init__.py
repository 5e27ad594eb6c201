"""Orders: what customers bought, what is to be done for it, and what leaves for the buyer."""
