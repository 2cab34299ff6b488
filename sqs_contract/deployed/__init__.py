"""The function as it is deployed: packaged, created on an endpoint, fed by the endpoint's own event
source mapping. Owns what is packaged, what is asked of the endpoint, and what came of it."""
