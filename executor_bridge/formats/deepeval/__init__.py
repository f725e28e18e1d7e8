"""deepeval: test runs."""
