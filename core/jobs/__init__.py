"""Jobs: directories that tell what is to be done, what is going on and what came of it; it does not know the verbs."""
