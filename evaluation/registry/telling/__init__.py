"""What the record is told of the registry, so that it can be rebuilt as it was known at any moment."""
