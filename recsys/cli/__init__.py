"""The command line: one module for each command, with shared options and output beside them."""
