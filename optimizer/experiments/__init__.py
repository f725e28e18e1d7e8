"""Tests of one variant against another: design, looks, integrity, analysis, verdict. Pure."""
