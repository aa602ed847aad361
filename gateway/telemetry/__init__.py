"""What the process says of itself: log, metrics, spans. No caller and no word of the upstream is in them."""
