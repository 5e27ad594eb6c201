"""The files that Amazon's Seller Central hands out and takes: what their columns mean, and nothing of our database."""
