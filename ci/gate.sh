#!/bin/sh
# Judges the results and leaves the answer to the next steps. It ends with 0 whatever the answer
# is, so that those that comment, keep and upload still run; the last one ends with the answer.
#
# GATE_RESULTS                        the result file
# GATE_BASELINE, GATE_DEFAULT_BRANCH  what it must be no worse than; empty: the newest run of the branch
# GATE_GUARDRAILS, GATE_MODE, GATE_ON_INCONCLUSIVE, GATE_ON_NO_BASELINE, GATE_STORE  as of 'gate'
# GATE_NAME                           tells this gate from others of the same job; may be empty
set -eu

case ${GATE_NAME:-} in
  -* | *[!A-Za-z0-9._-]*)
    printf "error: name: '%s', expected letters, digits and . _ -\n" "$GATE_NAME" >&2
    exit 2
    ;;
esac
folder=${RUNNER_TEMP:-/tmp}/gate${GATE_NAME:+-$GATE_NAME}
mkdir -p "$folder"
rm -f "$folder"/gate.*
export GITHUB_OUTPUT="${GITHUB_OUTPUT:-$folder/gate.outputs}"
summary=${GITHUB_STEP_SUMMARY:-/dev/null}

set -f # a guardrail is a word, not a pattern of file names
for guardrail in ${GATE_GUARDRAILS:-}; do
  set -- "$@" --guardrail "$guardrail"
done
set +f
baseline=${GATE_BASELINE:-branch:${GATE_DEFAULT_BRANCH:-main}}
code=0
optimizer gate "$@" \
  --baseline "$baseline" \
  --on-no-baseline "${GATE_ON_NO_BASELINE:-thresholds}" \
  --mode "${GATE_MODE:-detect}" \
  --on-inconclusive "${GATE_ON_INCONCLUSIVE:-exit}" \
  --store "${GATE_STORE:-.optimizer/history.duckdb}" \
  -o "$folder/gate.md" -o "$folder/gate.html" -o "$folder/gate.junit.xml" -o "$folder/gate.json" \
  -- "$GATE_RESULTS" >"$folder/gate.txt" 2>"$folder/gate.log" || code=$?

# What a model has said may look like a command to the runner, so it takes none meanwhile.
pause=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$pause"
cat "$folder/gate.txt"
cat "$folder/gate.log"
echo "::$pause::"

if [ -f "$folder/gate.md" ]; then
  verdict=$(sed -n 's/^verdict=//p' "$GITHUB_OUTPUT" | tail -n 1)
  headline=$(sed '/^$/q' "$folder/gate.txt" | tr '\n' ' ')
else
  verdict=invalid
  headline=$(sed -n '1p' "$folder/gate.log")
  {
    echo "**The gate could not be judged** (exit code $code)."
    echo
    sed 's/^/    /' "$folder/gate.log"
  } >"$folder/gate.md"
  cat "$folder/gate.md" >>"$summary"
  printf 'verdict=%s\ndelta=\n' "$verdict" >>"$GITHUB_OUTPUT"
fi
case $verdict in
  passed) level=notice ;;
  inconclusive) level=warning ;;
  *) level=error ;;
esac
printf '::%s title=Prompt gate::%s\n' "$level" "$(printf '%s' "$headline" | sed 's/%/%25/g')"

# Only what was tested on the default branch itself goes into its history: a pull request that has
# the rights of that branch (pull_request_target, workflow_run) does not.
keep=false
case ${GITHUB_EVENT_NAME:-} in
  push | schedule | workflow_dispatch)
    [ "${GITHUB_REF:-}" != "refs/heads/${GATE_DEFAULT_BRANCH:-main}" ] || keep=true
    ;;
esac
printf '%s\n' "report-path=$folder/gate.html" "folder=$folder" "exit-code=$code" "keep=$keep" \
  >>"$GITHUB_OUTPUT"
