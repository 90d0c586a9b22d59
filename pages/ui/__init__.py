"""The parts of the pages: those they share, such as state, progress and charts, and a folder for each page."""
