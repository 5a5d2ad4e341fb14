"""Finding things in the record: what is sought, and the events of one answer."""
