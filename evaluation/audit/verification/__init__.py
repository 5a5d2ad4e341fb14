"""Verification of the audit log: every event, chain head and checkpoint is compared with what the audit key says it must be."""

from evaluation.audit.verification.clock import clock_notes, future_time
from evaluation.audit.verification.messages import AuditIssue
from evaluation.audit.verification.verify import is_event_intact, verify_audit_log, verify_connection

__all__ = ["AuditIssue", "clock_notes", "future_time", "is_event_intact", "verify_audit_log", "verify_connection"]
