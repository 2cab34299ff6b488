"""Workers that poll a queue by themselves, a correct one and broken ones, and their books."""
