"""Sheets that people upload and download: every cell is text until the business says what it means."""
