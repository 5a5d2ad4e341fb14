"""Authorised bodies, organisations, who supervises whom and when, and reporting years."""
