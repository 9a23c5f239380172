"""Opening the new month and closing the old one."""
