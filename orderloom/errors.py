"""What the command line says instead of a traceback: refusals that the operator can act on."""


class Refused(Exception):  # noqa: N818 - the trade's word; it is an answer, not a crash
    """Orderloom will not do this; the message says why and what to do instead."""
