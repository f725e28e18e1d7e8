"""One kind of result per file: result in, tables for machines out."""
