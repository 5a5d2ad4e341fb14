"""Evidence files: acts, decisions and scans that support an organisation's answers to a criterion."""
