"""What the systems say, in our words. No vendor is imported here."""
