"""Keeping the registry up to date: what an administrator changes, one by one or by a workbook, and the lists for it.

`states` hold what is entered of a body or an organisation as values; `changes` make the next state of one, or refuse;
`operations` store the difference and record it.
"""
