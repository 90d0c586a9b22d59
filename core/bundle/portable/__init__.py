"""What a bundle carries to places without Graft: a program, and a page. Both are copied as they are."""
