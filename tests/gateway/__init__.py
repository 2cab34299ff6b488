"""A project of a user's, for tests that name functions of it as fault sites."""
