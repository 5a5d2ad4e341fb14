"""What it would take: the smallest sets of organisations whose correction gives a body more points."""
