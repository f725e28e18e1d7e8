"""Bandits, off-policy values and Bayesian optimization, fitted to what the history counted."""
