"""What the pages share: state, jobs on the screen, charts, words."""
