"""approvals"""

HELP = "approvals"
