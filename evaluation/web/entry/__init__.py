"""Pages for clerks and heads: home, report, grid, workbook, evidence, submission."""
