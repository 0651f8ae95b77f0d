"""SQL files `NNNN_name.sql`, applied in order of their names, each once, each in its own transaction (gateway/db.py).

0009 stands twice, from two branches that met. Both are applied in many databases under these names, which are the
record that they were, so they stay; since then every number is the next one.
"""
