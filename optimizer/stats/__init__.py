"""Numeric kernels: numbers in, frozen results out; no I/O, no domain words.

What `decide` needs on its way imports nothing but the standard library; kernels on arrays import
numpy, and scipy inside the function.
"""
