"""``python -m orderloom``: how the supervisor starts its parts."""

from orderloom.cli import main

main()
