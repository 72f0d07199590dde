"""A review as sections of text and tables, which terminal, Markdown and page render."""
