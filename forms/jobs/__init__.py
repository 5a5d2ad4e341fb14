"""Forms that start background jobs."""
