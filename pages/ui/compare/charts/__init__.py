"""Figures that only the Compare page draws."""
