"""What the replicas of one installation share: a database, a store of rates, a key."""
