"""REST over a recommender: in the studio's own server, and alone by `facet serve`."""

PREFIX = "/api"
"""Where the answers stand, in both."""
