"""Which scenarios are played, in what order, and how a counterexample is made small."""
