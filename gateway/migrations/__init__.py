"""SQL files `NNNN_name.sql`, applied in order, each once, each in its own transaction (gateway/db.py)."""
