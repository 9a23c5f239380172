"""The upgrade drill: a city that an earlier release made is updated to this checkout while payments continue."""
