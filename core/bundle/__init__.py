"""The zip in which a model is taken home: its manifest, its card, its weights; read without pickle. No torch."""
