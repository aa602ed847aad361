"""Benchmarks: real processes on 127.0.0.1, timed side by side. Not part of the package."""
