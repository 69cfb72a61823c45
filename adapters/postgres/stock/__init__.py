"""Stock: promising it, giving it back, taking it out, counting it, and what is to come of it."""
