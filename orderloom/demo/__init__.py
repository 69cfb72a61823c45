"""Real baskets, the people who handle them, and a whole simulated system to run them on."""
