"""`python -m recsys`, the same as `facet`."""

import sys

try:
    from recsys.cli.main import main
except KeyboardInterrupt:
    print("Error: Stopped.", file=sys.stderr)
    sys.exit(130)

if __name__ == "__main__":
    main()
