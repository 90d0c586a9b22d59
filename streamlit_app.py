"""Graft's dashboard: `streamlit run streamlit_app.py`."""

import streamlit as st

from pages.ui import state
from pages.ui.i18n import _, speak

speak()
st.set_page_config(page_title="Graft", page_icon="🪴", layout="wide")
st.logo(":material/potted_plant:", size="large")
page = st.navigation(
    [
        st.Page("pages/data.py", title=_("Data"), icon=":material/photo_library:", default=True),
        st.Page("pages/compare.py", title=_("Compare"), icon=":material/leaderboard:"),
        st.Page("pages/finetune.py", title=_("Fine-tune"), icon=":material/model_training:"),
        st.Page("pages/evaluate.py", title=_("Evaluate"), icon=":material/fact_check:"),
        st.Page("pages/predict.py", title=_("Predict & export"), icon=":material/package_2:"),
        st.Page("pages/runs.py", title=_("Runs"), icon=":material/history:"),
    ]
)
state.begin()
page.run()
