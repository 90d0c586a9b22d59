"""The dashboard's pages: each is a short script, and its parts and those that pages share are in `ui`."""
