"""Whether a proposal may pass: guards, policies, conflicts and breakers. Pure."""
