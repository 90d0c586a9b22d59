"""What is decided before a training begins: presets, forecasts of time, and the learning rate."""
