"""Images are built once for a machine, and what runs from them is as strict as a platform is."""

import pytest

from practice.containers.images import Images
from practice.containers.images import images as built
from practice.steps import Steps


@pytest.fixture(scope="session")
def images() -> Images:
    """The images of this checkout, on bases without a shell."""
    return built(Steps())
