#!/bin/sh
# Every column has a class, nothing personal is shown unmasked, every path has its user's rights.
set -eu
cd "$(dirname "$0")/.."
. gates/settings.sh
exec fieldkit govern gate "$STATE" --policy gates/classes.yml ${PATHS:+--paths "$PATHS"} \
  --evidence "$EVIDENCE/govern.json"
