"""The bodies of a region or of a district together: sums, weakest rows, how far the year has come, and what costs most."""
