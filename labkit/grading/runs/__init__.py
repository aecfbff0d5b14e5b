"""Runs of a student's code: each in a room of its own, forked from a warm process, watched."""
