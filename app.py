"""The studio: `streamlit run app.py`. Each screen is a script in `pages/`."""

from recsys.ui import shell

shell.run()
