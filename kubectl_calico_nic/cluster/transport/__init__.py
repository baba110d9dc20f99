"""Requests and connections: TLS, proxies, deadlines, retries."""
