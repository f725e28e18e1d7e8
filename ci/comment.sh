#!/bin/sh
# Writes the report as the one comment of the pull request. Where that is not possible, as in a
# pull request from a fork, the summary says so in a line; the answer of the gate stays.
#
# GATE_FOLDER   the folder of the report
# GATE_NAME     tells this gate from others of the same job; may be empty
# GITHUB_TOKEN  needs 'pull-requests: write'
set -eu

set -- "$GATE_FOLDER/gate.md"
[ -z "${GATE_NAME:-}" ] || set -- "$@" --marker "$GATE_NAME"
optimizer comment "$@" 2>"$GATE_FOLDER/comment.log" || true
if [ -s "$GATE_FOLDER/comment.log" ]; then
  cat "$GATE_FOLDER/comment.log"
  { echo && sed 's/^/    /' "$GATE_FOLDER/comment.log"; } >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
fi
