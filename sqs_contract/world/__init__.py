"""The world a handler runs in: clock, randomness, network, AWS, and what it changed there."""
