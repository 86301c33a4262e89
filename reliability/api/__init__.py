"""Requests made up from the API's own description, against a home in which there is something to find."""
