"""Django's admin over our tables of products and orders: the anchor that our lists are compared with."""
