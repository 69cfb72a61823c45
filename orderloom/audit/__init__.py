"""`orderloom audit`: our books against themselves, the engine, and others' own journals."""
