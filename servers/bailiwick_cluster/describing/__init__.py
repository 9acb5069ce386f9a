"""What an engineer wants to know of one object, and of the kind it is of."""
