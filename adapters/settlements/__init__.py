"""Settlement files: CSV and XLSX, by the names of their columns, and the folder they come in."""
