"""`python -m trintena`, the same as `trintena`."""

from trintena.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
