"""Files and pasted texts of budget decisions → numbered lines (:class:`evaluation.budgets.model.SourceLine`)."""
