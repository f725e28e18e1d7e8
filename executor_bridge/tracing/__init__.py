"""Traces of OpenTelemetry as tasks: what spans say, and which of them count."""
