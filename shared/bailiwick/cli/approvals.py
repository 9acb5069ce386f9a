"""approvals"""
HELP = "approvals"
