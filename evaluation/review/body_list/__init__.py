"""The bodies of a year side by side: where each stands, its points, last year's beside; kept to some, sorted, as files."""
