"""Temporal: connecting, payloads, and the order desk."""
