"""Files that stand behind an organisation's answers: acts, decisions, scans."""
