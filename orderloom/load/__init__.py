"""Catalog, prices, stock, places, customers and tax rates from CSV files, with a verdict a row."""
