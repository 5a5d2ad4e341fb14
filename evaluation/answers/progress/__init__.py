"""Progress of a body's year: what is answered, and which issues the answers have."""
