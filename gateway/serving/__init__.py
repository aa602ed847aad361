"""What listens: an app on a port, by one process or many. uvicorn is known here alone."""
