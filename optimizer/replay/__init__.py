"""What a cache, a limiter or a batcher would have done to the requests that were recorded."""
