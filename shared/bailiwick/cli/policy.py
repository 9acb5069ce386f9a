"""policy"""
HELP = "policy"
