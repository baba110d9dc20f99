"""What the controller manager and the scheduler do to a DaemonSet's pods."""
