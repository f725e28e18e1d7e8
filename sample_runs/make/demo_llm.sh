#!/bin/sh
# Optimize the sample prompt against the sample cases on the small local model: `make demo-llm`.
# What it is promoted by are cases that the search never saw.
set -eu
cd "$(dirname "$0")/../.."
folder=${1:-optimizer-demo}
mkdir -p "$folder"
store=$folder/llm.duckdb
prompt=$folder/triage.txt
rm -f "$store"
cp sample_runs/make/prompts/vague.txt "$prompt"
tests='python sample_runs/make/run_tests.py {prompt_file} {cases_file} {out} {replicate}'

say() { printf '\n$ %s\n' "$*" >&2; }
run() { say "$@"; "$@" || echo "(exit code $?)" >&2; }

run optimizer lint "$prompt"
run optimizer optimize "$prompt" --cases sample_runs/make/cases.jsonl --workflow sentiment \
    --executor "$tests" --budget 300 -j 2 --promote --store "$store" -o "$folder/optimization.html"
run optimizer prompts log "$prompt" --store "$store"
echo >&2
echo "open $folder/optimization.html in a browser; the prompt in use is now $prompt" >&2
