"""Tables, curves and pages made from results."""
