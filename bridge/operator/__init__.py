"""What the operator's commands do beside a running program."""
