"""Message bodies: where they come from, and how they are made malformed."""
