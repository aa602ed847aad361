"""GraphQL over HTTP, September 2026: each thing that binds a server is a test here, marked with what it is about.

The levels are the edition's words; an assertion is a sentence that binds without one of them.
"""
