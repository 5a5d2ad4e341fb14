"""A body's year from draft to handed over, and back."""
