"""What all simulators share: journal, idempotency keys, faults, outgoing queue, front door."""
