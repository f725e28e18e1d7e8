"""lm-evaluation-harness: samples, and the results beside them."""
