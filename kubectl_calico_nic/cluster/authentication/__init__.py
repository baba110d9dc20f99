"""Credentials: how they are had, renewed and sent; they fail closed."""
