"""The simulated nodes: their hosts and kubelets, and the calico-node on each."""
