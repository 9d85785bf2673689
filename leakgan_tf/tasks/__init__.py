"""What is to be learned: real sentences, and how generated ones are measured."""
