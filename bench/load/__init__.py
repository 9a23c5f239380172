"""Load at a stated rate, against the local city or a deployed one."""
