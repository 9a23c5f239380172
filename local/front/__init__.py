"""What the local city's port answers with: pages, the API and sign-in for browsers, and AWS for everything else."""
