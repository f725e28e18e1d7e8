"""A language model behind an OpenAI-compatible endpoint, its answers recorded and given again."""
