"""A linter for prompts: one rule per file, each with its page."""
