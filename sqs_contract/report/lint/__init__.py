"""What `lint` found, told to a person or to a machine: text, JSON, SARIF, GitHub annotations."""
