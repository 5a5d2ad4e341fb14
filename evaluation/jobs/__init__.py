"""Background jobs: stored in the database, run by worker processes, which huey wakes and supervises."""
