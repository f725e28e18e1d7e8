"""pydantic-evals: reports."""
