"""What `make demo` tells: calls that pass, are refused, are approved, are proven."""
