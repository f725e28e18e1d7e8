"""The composers, one per job: the only place that sees every part of the engine."""
