# What the gates look at. Paths are from the top of the repository.
MODELS=models                     # a dbt project, or a folder of SQL
CATALOG=                          # partitions, bytes, grains: catalog.csv, or dbt's catalog.json
STATE=warehouse.duckdb            # a DuckDB or SQLite file, or a folder, that LOAD writes to
SETUP="python setup.py"           # makes a small STATE where there is none; empty: there is one
LOAD="python load.py {state}"     # the load; {state} is where it has to write
KILLS=20                          # how often the load is killed and run again
PATHS=                            # of applications to the data: gates/paths.yml, once it lists one
EVIDENCE=evidence                 # where reports with a seal go

mkdir -p "$EVIDENCE"
if [ ! -e "$STATE" ] && [ -n "$SETUP" ]; then $SETUP; fi
