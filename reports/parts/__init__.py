"""Pieces several reports share: records in, blocks and sentences out."""
