"""Results to Plotly figures: pure functions, with no page, no session and no file behind them.

Every figure leaves its background, fonts and grid to Streamlit's theme, so it fits light and dark; its own colours are
told apart by readers who do not see red from green, and are seen on white as on black. Class names come from users and
are shown literally. A figure has no title: the page's heading is its title.
"""

from views.ui.charts.comparison import accuracy_bars, fold_accuracy
from views.ui.charts.components import components
from views.ui.charts.cost import accuracy_against_cost
from views.ui.charts.curve import learning_curve
from views.ui.charts.data import embedding_map, sizes, split_counts
from views.ui.charts.depth import depth
from views.ui.charts.health import shortcuts
from views.ui.charts.quality import confusion, per_class, probabilities
from views.ui.charts.sidebyside import agreement, class_differences, confusion_difference
from views.ui.charts.training import history

__all__ = [
    "accuracy_against_cost",
    "accuracy_bars",
    "agreement",
    "class_differences",
    "components",
    "confusion",
    "confusion_difference",
    "depth",
    "embedding_map",
    "fold_accuracy",
    "history",
    "learning_curve",
    "per_class",
    "probabilities",
    "shortcuts",
    "sizes",
    "split_counts",
]
