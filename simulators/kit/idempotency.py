"""Idempotency keys: the same key and body give the same answer; another body is a conflict."""

from simulators.kit.wire import Answer, Command, Refused


class Keys:
    """Every key ever worked on, with its answer; rebuilt from the journal like all state.

    Only answers are kept. A fault (5xx) is made up at the front door, outside, so after a fault
    the same key finds the true answer or, when nothing had happened, is worked on.
    """

    def __init__(self) -> None:
        self._answers: dict[str, tuple[str, Answer]] = {}
        self._voided: set[str] = set()

    def recall(self, command: Command) -> Answer | None:
        if command.key in self._voided:
            raise Refused(409, "key_voided", "an inquiry found this key unused and voided it")
        known = self._answers.get(command.key)
        if known is None:
            return None
        fingerprint, answer = known
        if fingerprint != command.fingerprint:
            raise Refused(409, "idempotency_conflict", "this key came with another body before")
        return answer

    def keep(self, key: str, fingerprint: str, answer: Answer) -> None:
        self._answers[key] = (fingerprint, answer)

    def void(self, key: str) -> None:
        self._voided.add(key)

    def is_voided(self, key: str) -> bool:
        return key in self._voided
