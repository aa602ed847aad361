"""The KPI service behind the gateway: only this package knows HTTP's client side and the upstream's names."""
