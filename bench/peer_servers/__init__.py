"""What the gateway is measured against, and the light upstream behind all of them: each is a program of its own."""
