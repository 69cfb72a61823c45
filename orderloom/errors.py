"""What the command line says instead of a traceback: refusals that the operator can act on."""


class Refused(Exception):  # an answer, not a crash: hence no "Error"
    """Orderloom will not do this; the message says why and what to do instead."""
