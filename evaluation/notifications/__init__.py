"""Messages: what people are told of, in their inbox and by e-mail."""
