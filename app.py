"""The studio: `streamlit run app.py`. Each screen is a script in `pages/`.

Streamlit imports this file once when its server starts, for `app`, and runs it as a script for every view.
"""

from recsys.ui import folder

folder.serve_beside(__file__)

if __name__ == "__main__":
    from recsys.ui import shell

    shell.run()
else:
    import streamlit as st

    from recsys.ui.guards import guards
    from recsys.ui.start import prepared

    app = st.App(__file__, middleware=guards(), lifespan=prepared)
