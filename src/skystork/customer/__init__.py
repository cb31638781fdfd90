"""What the customer is promised and told."""
