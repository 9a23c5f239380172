"""Open the new month, and close the old one."""
