"""OpenAI evals: the logs of `oaieval`."""
