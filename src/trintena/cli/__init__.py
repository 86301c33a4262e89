"""The command line: parse, call, print. One module for each group of commands."""

from trintena.cli.app import app, main

__all__ = ["app", "main"]
