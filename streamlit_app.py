"""Graft's dashboard: `streamlit run streamlit_app.py`."""

import streamlit as st

from views.ui import state
from views.ui.i18n import _, speak

speak()
st.set_page_config(page_title="Graft", page_icon="🪴", layout="wide")
st.logo(":material/potted_plant:", size="large")
page = st.navigation(
    [
        st.Page("views/data.py", title=_("Data"), icon=":material/photo_library:", default=True),
        st.Page("views/compare.py", title=_("Compare"), icon=":material/leaderboard:"),
        st.Page("views/finetune.py", title=_("Fine-tune"), icon=":material/model_training:"),
        st.Page("views/evaluate.py", title=_("Evaluate"), icon=":material/fact_check:"),
        st.Page("views/predict.py", title=_("Predict & export"), icon=":material/package_2:"),
        st.Page("views/runs.py", title=_("Runs"), icon=":material/history:"),
    ]
)
state.begin()
page.run()
