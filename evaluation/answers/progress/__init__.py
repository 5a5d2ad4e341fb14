"""Progress of a body's year: what is answered, which issues the answers have, and what breaches cost."""
