"""Events on the city's bus: how other parts learn of the journal's entries and of changes in each part."""
