"""Where photos come from, as named entries that are read one by one: an archive, a folder or a sample."""
