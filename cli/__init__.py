"""The command line: reads arguments, calls the other packages, prints."""
