"""Pretrained networks: what each is (no torch), and how one is built and loaded (torch)."""
