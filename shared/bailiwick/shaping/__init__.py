"""What leaves the house: redacted, neutralised, fenced, rendered and cut to its budget. Pure."""
