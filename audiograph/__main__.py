"""`python -m audiograph` is the command line."""

from audiograph.cli import main

if __name__ == "__main__":
    main()
