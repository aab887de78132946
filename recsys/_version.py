"""The version of this package, stated once: the wheel and the manifests take it from here."""

__version__ = "1.1.0"
