"""Whether one thing in a cluster reaches another: Services, endpoints, NetworkPolicies, fronts."""
