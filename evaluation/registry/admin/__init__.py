"""Changes of the registry by administrators, one by one or by a workbook, and the lists for them.

`changes` compute the next state of a body or an organisation, `rules` check it, `persistence` stores the difference, and
`operations` do all of this under the registry's lock and write the audit events.
"""
