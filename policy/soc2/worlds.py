"""The cases that a template leaves open and that are few enough to try: conditions, parameters with listed values."""

from typing import Any


class Fork(Exception):  # noqa: N818 - a question, no error
    """A choice that the present world has not made: evaluate again with each of ``choices``."""

    def __init__(self, choice: str, choices: tuple[Any, ...]) -> None:
        super().__init__(choice)
        self.choice = choice
        self.choices = choices


class World(dict[str, Any]):
    """The choices made so far; `touched` tells whether anything depended on them."""

    touched = False

    def choose(self, choice: str, choices: tuple[Any, ...]) -> Any:
        """The choice made in this world.

        :raises Fork: none yet.
        """
        self.touched = True
        if choice not in self:
            raise Fork(choice, choices)
        return self[choice]
