"""Proof: files of accepted sheets are made here, and told from altered ones."""
