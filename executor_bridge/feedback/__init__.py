"""What users said of answers: events and rows of feedback, read from files."""
