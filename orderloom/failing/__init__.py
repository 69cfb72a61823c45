"""Wrappers behind the ports, composed only while failpoints are armed."""
