"""How a verification is told: to a person at a terminal, or to a machine."""
