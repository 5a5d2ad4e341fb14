"""How far a body's year has come: what is answered, what is wrong or odd, and what it costs."""
