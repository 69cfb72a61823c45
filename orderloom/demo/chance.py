"""Chance that a seed and names determine: the same demo again is the same demo."""

import random


def chance(seed: int, *names: object) -> random.Random:
    """A generator of its own for what `names` name, so that one draw never shifts another."""
    return random.Random("/".join(map(str, (seed, *names))))  # noqa: S311 - no secrets
