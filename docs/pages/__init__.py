"""The pages that are generated, one family per file; `docs/generate.py` writes them."""
