"""Events on the city's bus: how later parts hear of entries of the journal and of what changes in other parts."""
