"""The version of this package, written once: the distribution reads it here too."""

__version__ = "1.1.0"
