"""`python -m annotator.standalone up`: start everything, and stop it again on Ctrl-C."""

import argparse
import os
import sys

from annotator.standalone.screen import Screen
from annotator.standalone.up import up

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m annotator.standalone", description="Squiggle on one machine.")
    parser.add_argument("command", choices=["up"])
    parser.parse_args()
    os.umask(0o077)  # all that the parts write below SQUIGGLE_HOME is the owner's alone
    sys.exit(up(os.environ, Screen()))
