"""The engine: from stored test results to an explained decision."""

__version__ = "0.1.0"
