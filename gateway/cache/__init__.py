"""What the upstream said, kept for those who may see it: in the process, and in Redis or Valkey for many processes."""
