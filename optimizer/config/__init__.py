"""One tree of settings, read in layers: defaults, a file, the environment, flags."""
