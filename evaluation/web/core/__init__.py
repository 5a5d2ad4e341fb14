"""Pages that every audience shares: access, errors, languages, request context."""
