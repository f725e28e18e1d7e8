"""JSON Schemas by command."""

from __future__ import annotations

from reports.gallery.schema_list import SchemaEntry, schema_list

ENTRIES = (
    SchemaEntry(
        command="compare", schema_id="urn:prompt-optimizer:schema:compare:1", file="compare.json"
    ),
    SchemaEntry(
        command="experiment plan",
        schema_id="urn:prompt-optimizer:schema:experiment-plan:1",
        file="experiment-plan.json",
    ),
)

CASES = {
    "schema_list": (schema_list, (ENTRIES,)),
    "schema_list-empty": (schema_list, ((),)),
}
