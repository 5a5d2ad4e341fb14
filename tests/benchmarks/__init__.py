"""Benchmarks: each beside its floor, the least that the same job costs, measured in turn in the same run."""
