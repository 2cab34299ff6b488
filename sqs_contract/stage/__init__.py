"""The stage runs are played on: the world put together, with moto for AWS."""
