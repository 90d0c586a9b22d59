"""The dashboard's pages, and in `ui` what they share.

Not called `pages`: Streamlit runs a folder of that name by itself, past `streamlit_app.py`, when the first address that
a fresh server is asked for is not its root. A reload after a restart would then lose the photos and the job.
"""
