"""The demo's API server and its calico-nodes, built on calico/ and workload/."""
