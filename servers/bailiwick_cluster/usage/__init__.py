"""What is used against what was asked for: who is over, who is near a limit, who wastes."""
