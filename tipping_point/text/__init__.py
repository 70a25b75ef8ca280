"""Every sentence that a person reads, made from codes and numbers. Stages compute, this package speaks."""
