"""The list of a year's bodies with status and points: filters, sort order, downloads."""
