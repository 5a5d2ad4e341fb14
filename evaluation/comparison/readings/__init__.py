"""A year scored otherwise: under another reading or another order, beside today's points. Nothing is stored."""
