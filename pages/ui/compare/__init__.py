"""The parts of the Compare page, each a question that a comparison answers."""
