"""Fine-tuning a backbone with augmentation."""
