"""The business process: orders and returns as durable workflows."""
