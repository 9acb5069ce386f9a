"""Who may do what in a cluster, by its RBAC (rbac.authorization.k8s.io/v1), and why."""
