"""The user's own tests, run as a command or a function."""
