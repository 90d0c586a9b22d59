"""The command line, `python -m core`: the dashboard's verbs, with progress on stderr and results on stdout."""
