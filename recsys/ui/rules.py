"""The rules page: what the drafted rules do for one user, what they cost, and putting them in force."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from recsys.charts.text import count, decimals, plain
from recsys.errors import RecsysError
from recsys.recommender import Recommender
from recsys.rule_cost import NOT_MEASURED, TABLE, RuleCost, rule_cost
from recsys.rules import Rules, parse_rules
from recsys.rules.files import FILE, to_toml
from recsys.ui import rules_state as state
from recsys.ui import search, shop_rules
from recsys.ui.links import link_to_user
from recsys.ui.sharing import read_only
from recsys.ui.text import escape_markdown, name_of

_MOST_SHOWN = 5


def unknown(recommender: Recommender, rules: Rules) -> None:
    """Says which names of the rules this version does not know."""
    if missing := recommender.unmatched(rules):
        names = ", ".join(plain(name, 40) for name in missing[:10])
        more = f" and {len(missing) - 10} more" if len(missing) > 10 else ""
        words = f"This version has nothing of these names: {names}{more}."
        st.warning(escape_markdown(words, 600), icon=":material/help:")


def actions(rules: Rules) -> None:
    """Put the draft in force, take it as a file, or begin with another one."""
    in_force = shop_rules.read()
    st.caption(_state_words(rules, in_force))
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        reason = read_only()
        if not reason:
            st.button(
                "Put in force", key="rules-keep", icon=":material/check:",
                disabled=rules == in_force, on_click=_put_in_force, args=(rules,),
            )  # fmt: skip
            st.button(
                "Remove all rules", key="rules-none", icon=":material/delete:", disabled=not in_force,
                on_click=_put_in_force, args=(Rules(),),
            )  # fmt: skip
        if rules != in_force:
            st.button(
                "Back to the rules in force", key="rules-back", type="tertiary", icon=":material/undo:",
                on_click=_begin_with, args=(in_force,),
            )  # fmt: skip
        with st.popover("As a file", icon=":material/description:"):
            text = to_toml(rules) or "# No rules.\n"
            st.code(text, language="toml", wrap_lines=True)
            st.download_button(
                f"Download {FILE}", text, FILE, "application/toml", key="rules-file", on_click="ignore",
                icon=":material/download:",
            )  # fmt: skip
            st.caption(f"For the command line: facet recommend USER\\_ID --rules {FILE}")
            st.file_uploader(
                "Begin with a rules file", type="toml", key="rules-upload", on_change=_take_upload,
                max_upload_size=1,
            )  # fmt: skip
    if reason:
        st.caption(escape_markdown(reason, 300))


def _state_words(rules: Rules, in_force: Rules) -> str:
    if rules == in_force:
        return "These rules are in force on every page." if rules else "There are no rules in force."
    return "This is a draft. Other pages obey the rules in force until you put it in force."


def _put_in_force(rules: Rules) -> None:
    if read_only():
        return
    try:
        shop_rules.put_in_force(rules)
    except RecsysError as error:
        state.refuse(str(error))
    else:
        _begin_with(rules)


def _begin_with(rules: Rules) -> None:
    state.begin_with(rules)
    state.keep(rules)


def _take_upload() -> None:
    upload = st.session_state["rules-upload"]
    if upload is None:
        return
    try:
        _begin_with(parse_rules(upload.getvalue().decode("utf-8-sig"), plain(upload.name, 60)))
    except UnicodeDecodeError:
        state.refuse(f"{plain(upload.name, 60)} is not UTF-8 text. Save it as UTF-8.")
    except RecsysError as error:
        state.refuse(str(error))


def problem() -> None:
    """What went wrong, where something did."""
    if words := state.problem():
        st.error(escape_markdown(words, 400), icon=":material/error:")


def effect(recommender: Recommender, rules: Rules) -> None:
    """One user's list without the rules and with them."""
    st.subheader("What they do for one user", anchor=False)
    user_id = search.user_box(recommender, "r_user") or search.opening_example(recommender)
    if user_id not in recommender.users:
        search.user_matches(recommender, user_id, "r_user")
        return
    without = recommender.recommend(user_id, 10)
    under = recommender.recommend(user_id, 10, rules=rules)
    if under.empty:
        st.info(escape_markdown(under.attrs["note"], 400), icon=":material/filter_list_off:")
        return
    before = set(without["item_id"])
    shown = pd.DataFrame({"#": range(1, max(len(without), len(under)) + 1)})
    for name, frame in (("Without the rules", without), ("Under the rules", under)):
        shown[name] = pd.Series([name_of(item, 100) for item in frame.to_dict("records")], dtype=object)
    did = list(under["rule"]) if "rule" in under else [""] * len(under)
    listed = zip(did, under["item_id"], strict=True)
    shown["Rule"] = pd.Series(
        [word or ("" if item in before else "new") for word, item in listed], dtype=object
    )
    wide = st.column_config.TextColumn(width=220)
    st.dataframe(
        shown, hide_index=True, row_height=82, height="content", placeholder="",
        alt="One user's list without the rules and under them",
        column_config={
            "#": st.column_config.NumberColumn(width=34, pinned=True), "Without the rules": wide,
            "Under the rules": wide, "Rule": st.column_config.TextColumn(width=80),
        },
    )  # fmt: skip
    if under.attrs["note"]:
        st.caption(escape_markdown(under.attrs["note"], 400))


def cost(recommender: Recommender, rules: Rules) -> None:
    """What the rules change for users whose ratings the build held out."""
    st.subheader("What they cost", anchor=False)
    if TABLE not in recommender.tables():
        st.info(escape_markdown(NOT_MEASURED, 300), icon=":material/query_stats:")
        return
    if not rules:
        st.caption("No rules, no cost. Set one to see what it changes.")
        return
    one = _cost(recommender, recommender.version, to_toml(rules))
    with st.grid(4, min_column_width=150, key="rule-cost"):
        _figure("Hit rate", one.under.hit_rate, one.without.hit_rate, 3,
                "Share of the users whose first ten hold a product that was held out from them.")  # fmt: skip
        _figure("Different products", one.under.products, one.without.products, 0,
                "How many different products all these users together are shown.")  # fmt: skip
        _figure("Variety", one.under.variety, one.without.variety, 3,
                "1 minus the mean similarity of two products of a list.")  # fmt: skip
        _figure("Length of a list", one.under.length, one.without.length, 1,
                "Below ten where the rules leave fewer products.")  # fmt: skip
    change = one.hit_rate_change
    sure = "a sure loss" if change.lead < 0 else "a sure gain" if change.lead > 0 else "not a sure change"
    words = (
        f"For {count(one.users, 'user')} whose ratings the build held out: the hit rate changes by"
        f" {change.value:+.3f} (95% interval {change.low:+.3f} to {change.high:+.3f}), {sure}."
        f" {decimals(one.changed, 1)} of ten products are replaced on average;"
        f" {count(one.not_shown, 'product')} {'is' if one.not_shown == 1 else 'are'} never shown."
    )
    st.text(words)
    if one.most_changed:
        st.markdown("**Whose lists change most**")
        for user_id, n in one.most_changed[:_MOST_SHOWN]:
            link_to_user(user_id, f"{escape_markdown(user_id)}: {n} of ten replaced")


def _figure(label: str, value: float, before: float, digits: int, words: str) -> None:
    change = value - before
    told = f"{change:+,.{digits}f}" if round(change, digits) else None
    st.metric(label, f"{value:,.{digits}f}", told, border=True, height="stretch", help=words)


@st.cache_data(max_entries=64, show_spinner="Measuring")
def _cost(_recommender: Recommender, version: str, text: str) -> RuleCost:
    return rule_cost(_recommender, parse_rules(text))
