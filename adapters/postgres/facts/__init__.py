"""Facts: what they are about, what is to be done with them, storing them, and telling orders."""
