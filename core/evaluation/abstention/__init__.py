"""When a model should rather not answer: rules, what they promise, and whether they keep it."""
