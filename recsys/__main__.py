"""`python -m recsys`, the same as `facet`."""

from recsys.cli.main import main

if __name__ == "__main__":
    main()
