"""Pages of remarks and of what changed since the previous submission round."""
