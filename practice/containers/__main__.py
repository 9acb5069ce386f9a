"""`python -m practice.containers`: build the images where they are not, and say what they weigh."""

from practice.containers.images import images
from practice.steps import Steps

if __name__ == "__main__":
    print(images(Steps()).tables, end="")
