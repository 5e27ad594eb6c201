"""Purchases: what is bought for orders, what it costs, and where it is."""
