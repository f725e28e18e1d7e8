"""Prompts at work: found in files, searched for better ones, tested, and kept as versions."""
