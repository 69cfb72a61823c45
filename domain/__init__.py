"""Pure values and decisions of the order business.

Standard library only; no I/O, clock, chance or framework.
"""
