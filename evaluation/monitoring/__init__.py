"""What an operator watches: whether the service is ready, and the metrics that are read from the database."""
