"""Products: captured, kept in the library, brought in by files, listed in stores."""
