"""Writing to a pull request: the text, the place, the conversation with the server."""
