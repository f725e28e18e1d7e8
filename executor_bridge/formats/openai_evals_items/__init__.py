"""OpenAI's platform: output items of Evals."""
