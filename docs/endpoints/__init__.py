"""Makes the table of docs/endpoints.md: what endpoints do as AWS was recorded doing."""
