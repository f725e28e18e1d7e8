"""The parts of a lake: names, places, writing, compacting. `optimizer.history.lake` reads one."""
