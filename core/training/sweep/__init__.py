"""A search for better settings: many short trainings, of which the promising ones go on."""
