"""How networks become trunks: their architectures, their stages, and what they cost."""
