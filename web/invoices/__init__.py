"""Invoices and credit notes on paper: HTML by template, and PDF where the extra is installed."""
