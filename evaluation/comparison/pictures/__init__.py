"""Pictures of a year: a tile map, a heat map, distributions, trends, and bodies side by side. All are read from results."""
