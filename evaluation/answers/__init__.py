"""Reports and how answers reach them: checks, storing, the workbook in and out."""
