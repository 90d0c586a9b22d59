"""The dashboard's pages, and in `ui` what they share."""
