"""A pretend enterprise on loopback: a Kubernetes API, a Keycloak and what lives on them."""
