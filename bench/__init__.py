"""Measurements: fixed workloads, a brute-force judge, the limits of the machine, and a table.

`workloads` and `judge` know nothing of the application, so that they can tell when it is wrong.
"""
