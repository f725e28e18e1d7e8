"""Evidence for a decision, from the history."""
