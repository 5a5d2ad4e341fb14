"""The register of anomalies: answers that look wrong across bodies and years."""
