"""The life of a decision: pure transitions."""
