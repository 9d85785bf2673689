"""What is measured. A metric never changes a weight."""
