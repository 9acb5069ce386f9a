"""audit"""

HELP = "audit"
