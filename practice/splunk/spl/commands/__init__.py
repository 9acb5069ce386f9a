"""The commands of searches: each is made ready from its arguments and then takes rows to rows."""
