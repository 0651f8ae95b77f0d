"""Who calls, and what they may do: keys, roles, quotas. Everybody may do everything while no keys are required."""
