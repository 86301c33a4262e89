"""Work in other processes: who does it, how it is handed out, and who may run an experiment.

Knows processes and messages; nothing of networks, prices or databases.
"""
