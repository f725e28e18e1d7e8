"""Charts: one file for each kind, a drawing in, a Vega-Lite specification or a table out."""
