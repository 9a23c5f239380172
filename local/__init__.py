"""The local city: the template itself, deployed to an AWS emulator on this machine's loopback."""
