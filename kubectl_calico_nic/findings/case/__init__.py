"""The facts that the conditions of the findings see."""
