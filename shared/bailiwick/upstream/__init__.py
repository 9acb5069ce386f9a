"""The doors to what stands behind us: HTTP, and vendor SDKs that block."""
