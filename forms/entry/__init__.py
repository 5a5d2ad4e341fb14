"""Forms for clerks and heads."""
