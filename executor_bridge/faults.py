"""Tmp."""
def listed(source, settings, damage):
    raise damage
