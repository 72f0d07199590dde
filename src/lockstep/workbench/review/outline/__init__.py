"""A review in words and tables, which terminal, Markdown and page draw each in its own way."""
