"""The program: `audiograph`, or `python -m audiograph`."""

import signal

# While it is loaded Ctrl-C ends it without a word, and no traceback; what then counts as an
# interrupt, `audiograph.cli.process` says.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from audiograph.cli import main

if __name__ == "__main__":
    main()
