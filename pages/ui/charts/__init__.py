"""Results to Plotly figures: pure functions, with no page, no session and no file behind them.

Every figure leaves its background, fonts and grid to Streamlit's theme, so it fits light and dark; its own colours are
told apart by readers who do not see red from green, and are seen on white as on black. Class names come from users and
are shown literally. A figure has no title: the page's heading is its title.
"""
