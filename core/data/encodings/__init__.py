"""How bytes that do not say their encoding are read as text: names in archives and folders, and tables of labels."""
