"""What the relay carries: outbox events, facts, and commands that nobody delivered."""
