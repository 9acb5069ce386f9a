"""Who waits for objects of a cluster to change, and the watches that find it out for them."""
