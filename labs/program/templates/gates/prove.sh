#!/bin/sh
# Runs the load again and again on a copy, and kills it: always the same data?
set -eu
cd "$(dirname "$0")/.."
. gates/settings.sh
# $LOAD is a command with its words: it has to be split.
exec fieldkit prove --state "$STATE" --kills "$KILLS" --evidence "$EVIDENCE/prove.json" -- $LOAD
