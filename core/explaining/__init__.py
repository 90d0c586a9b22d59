"""What a model looks at: heat maps, and how far they can be believed."""
