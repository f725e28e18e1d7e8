#!/bin/sh
# Installs the program beside the tools of the job, and puts it on the path of the next steps.
#
# GATE_INSTALL  what pip installs; empty: the source of this action; none: it is there already
set -eu

wanted=${GATE_INSTALL:-$GITHUB_ACTION_PATH}
if [ "$wanted" = none ]; then
  optimizer --version
  exit 0
fi
home=${RUNNER_TEMP:-/tmp}/optimizer-program
python -m venv "$home"
programs=$home/bin
[ -d "$programs" ] || programs=$home/Scripts # on Windows
"$programs/python" -m pip install --quiet --disable-pip-version-check "$wanted"
echo "$programs" >>"$GITHUB_PATH"
"$programs/optimizer" --version
