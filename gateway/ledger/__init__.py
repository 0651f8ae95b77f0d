"""What images cost: prices, bookings, reports and budgets."""
