"""Results of promptfoo, in whatever form they are written."""
