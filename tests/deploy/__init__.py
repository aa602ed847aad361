"""What deploy/ has is right: rendered, validated, and of one mind with the gateway."""
