"""The parts of the Compare page, each of which answers a question about a comparison."""
