"""Versions of a prompt: confirmed on held-out cases, promoted, told apart."""
