"""labkit: a lab kit for teaching health-data analysis on synthetic data whose truth is known."""
