"""What the kubelet and the DaemonSet controller do: effective env, revisions, who restarts."""
