"""What `optimizer optimize` does beyond a command: its parts, and the ways to run it."""
