"""The ranking of a year's bodies by share, within the country, a level, a region or bodies with the same tables."""
