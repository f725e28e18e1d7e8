"""Edits of a prompt that leave its meaning: the linter fixes by them, and transforms rewrite."""
