"""The web: the specification's API, its pages, and metrics for Prometheus.

Parses, calls, answers. Training happens in worker processes and forecasts in the inference process:
nothing here loads a numerical framework.
"""
