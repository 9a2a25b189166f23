#!/bin/sh
# Holds SQL models to standards.yml: full scans, fan-outs, names, before they are paid for.
# Partitions and grains come from CATALOG in settings.sh; without one, 7 rules stay undecided.
set -eu
cd "$(dirname "$0")/.."
. gates/settings.sh
exec fieldkit audit "$MODELS" --standards standards.yml ${CATALOG:+--catalog "$CATALOG"} \
  --evidence "$EVIDENCE/audit.json"
