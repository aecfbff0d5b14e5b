"""The course: outcomes and modules, building notebooks, the student's lab."""
