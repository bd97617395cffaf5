"""Journal: what happens to a call, written down and told."""
