"""Tables of any tool: their rows, and what their columns mean."""
