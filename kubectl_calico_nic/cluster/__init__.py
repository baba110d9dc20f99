"""The live API: kubeconfig, credentials, transport, reader, writer, watch, exec."""
