"""Changes in stages: how one begins, is paused, goes on, and is taken back."""
