"""Proof that an export keeps a marketplace's rules: the finished file is decoded again and measured."""
