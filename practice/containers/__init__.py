"""Images of the suite, built and run with buildah and podman, without a registry."""
