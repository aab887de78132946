"""The rules of the shop: one file beside the versions, which every page obeys."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from recsys.errors import RulesError
from recsys.rules import Rules, read_rules
from recsys.rules.files import FILE, save_rules
from recsys.ui.folder import artifacts_folder
from recsys.ui.text import escape_markdown


def path() -> Path:
    """The rules file of this studio."""
    return Path(artifacts_folder()) / FILE


def read() -> Rules:
    """The rules in force; none where there is no file. One that cannot be read is said to be ignored."""
    if not path().exists():
        return Rules()
    try:
        return read_rules(path())
    except RulesError as error:
        st.warning(f"The rules are not obeyed: {escape_markdown(error, 400)}", icon=":material/rule:")
        return Rules()


def put_in_force(rules: Rules) -> None:
    """Make these the rules that every page obeys. ArtifactError where they cannot be written."""
    save_rules(path(), rules)
