"""Which class, split and group a photo belongs to: by its folder, by a table, by its name."""
