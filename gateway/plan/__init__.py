"""Execution plans: a validated operation, compiled to run breadth-first, each field over all its parents at once.

A plan gives what graphql-core's executor gives, and asks resolvers in fewer steps. What it does not carry raises
Unplanned while it is compiled, and is left to graphql-core.
"""
