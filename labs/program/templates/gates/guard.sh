#!/bin/sh
# Publishes what the load made only if the policy holds; else the old state stays.
set -eu
cd "$(dirname "$0")/.."
. gates/settings.sh
exec fieldkit guard --policy gates/policy.yml --state "$STATE" \
  --evidence "$EVIDENCE/guard.json" -- $LOAD
