"""Tasks, instant checks, and marking a class."""
