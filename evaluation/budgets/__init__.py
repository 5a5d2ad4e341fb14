"""Reads budget decisions of maslikhats, checks their arithmetic and keeps them as evidence of a body's year."""
