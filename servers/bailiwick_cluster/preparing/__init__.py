"""What a change would do, found out beforehand: rehearsed, compared, seen in its surroundings."""
