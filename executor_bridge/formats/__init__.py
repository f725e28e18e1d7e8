"""The bridges: one module for each tool."""
