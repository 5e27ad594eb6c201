"""What Caravan is measured by: a large company made from nothing, its screens, and Django's admin on the same tables."""
