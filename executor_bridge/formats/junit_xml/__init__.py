"""JUnit XML: reports of pytest, promptfoo and other test runners."""
