"""Telling others what became of orders."""
