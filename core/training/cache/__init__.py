"""What is frozen in a backbone is computed once for each view of a photo, and kept while the rest is trained."""
