"""What the double holds: rows that follow from their number and the ground's clock, never kept."""
