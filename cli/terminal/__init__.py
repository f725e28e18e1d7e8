"""How the program behaves at a terminal."""
