"""A GraphQL gateway over the customer-KPI service."""

__version__ = "0.1.0"
