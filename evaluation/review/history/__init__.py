"""Reconstruction of a body's year as of a moment from the audit log alone."""
