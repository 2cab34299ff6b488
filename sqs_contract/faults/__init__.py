"""Where the handler reaches out, and how a fault is put in there."""
