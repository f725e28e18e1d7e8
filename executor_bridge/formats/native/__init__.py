"""The executor's own result."""
