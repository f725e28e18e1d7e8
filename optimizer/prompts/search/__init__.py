"""The search for a better prompt: split, diagnosis, strategy, engines and the few-shot proposer."""
