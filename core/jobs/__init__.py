"""Jobs: directories that hold a request, its progress and its result. This room does not know the verbs."""
