"""Graft's engine: everything the dashboard shows can be done from here or from `python -m core`.

This package never imports streamlit, and the rooms without networks (data, jobs, evaluation) never import torch.
"""

__version__ = "0.1.0"
