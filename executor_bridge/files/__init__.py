"""Files as bytes: found, opened, unpacked, secrets blanked, cut into lines."""
