"""Django's admin over our product table: the anchor that the Products page is compared with."""
