"""What happens later: timers, reminders, and when somebody wants to be told."""
