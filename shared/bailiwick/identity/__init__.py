"""Who is calling. The only maker of principals."""

from bailiwick.identity.local import local_principal
from bailiwick.identity.verifier import Unauthorized, Verified, Verifier

__all__ = ["Unauthorized", "Verified", "Verifier", "local_principal"]
