"""What the process tells of itself: logs, metrics, notifications, traces and ladders."""
