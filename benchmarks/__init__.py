"""How fast orders go, beside what the bare engine does with as many steps and messages."""
