"""Who asks, and how that is proved. JOSE is known here alone."""
