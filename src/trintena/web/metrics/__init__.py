"""`/metrics`: what Prometheus is told.

Experiments, trials, champions and processes are looked up whenever it asks, so that the answer is the
same from each of several web processes and after any restart (`stored`, `processes`). Requests are
counted where they are answered (`requests`).
"""
