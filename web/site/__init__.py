"""The pages about Orderloom itself: the index, and what each kind of problem means."""
