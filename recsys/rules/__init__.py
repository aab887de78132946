"""Business rules: what may be shown, what comes first, and how many of a kind."""

from recsys.rules.files import parse_rules, read_rules
from recsys.rules.rules import Boost, Limit, Pin, Rules, Selection

__all__ = ["Boost", "Limit", "Pin", "Rules", "Selection", "parse_rules", "read_rules"]
