"""Workers on a Ray cluster: who drives them from here, who speaks Ray, who stands beside each of them.

    our process              a process of its own            a node of the cluster
    executors/ray.py         driver.py                       host.py
    link.py         ◄─pipe─► the only one to load Ray ◄─Ray─► an actor ◄─socket─► the worker process

`docs/adr/0011-ray.md` tells why.
"""
