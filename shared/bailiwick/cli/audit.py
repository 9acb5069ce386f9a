"""audit"""
HELP = "audit"
