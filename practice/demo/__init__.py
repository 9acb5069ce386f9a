"""The story that `make demo` tells: an agent's calls pass, are refused, are approved, are proven."""
