"""Places where handlers reach out past boto3: one module for each library."""
