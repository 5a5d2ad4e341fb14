"""Why points changed: the difference to last year as a sum of parts with a named source; see `docs/changes.md`."""
