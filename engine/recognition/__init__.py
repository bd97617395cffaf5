"""What callers say, as text: who listens, and what happens when nobody can."""
