# %% reference
lab.exercise("failure-policy", """
faults:
  throttled: retry         # it says itself when to come back
  unavailable: retry       # a deployment, a restart
  timeout: retry           # a busy minute
  broken_answer: retry     # half an answer is no answer
  unauthorized: stop       # a key does not become right by asking
  missing: stop            # nor does an address
  renamed_column: stop     # a contract is broken: people talk
  changed_type: stop       # the same
  repeated_rows: stop      # something else is missing then
  bad_rows: degrade        # one row does not stop a day
retry:
  tries: 8                 # the last one after twenty minutes: twice the outage we know
  minutes: 20
thresholds:
  fewer: 0.35              # good days: a tenth; half a feed: a half
  more: 0.5                # a feed twice: double
  average: 0.6             # good days: up to a third; cents: a hundredfold
  quarantined: 0.1         # a few bad rows: one in 25
tell:
  who: data-team
  by: "07:00"              # an hour to look before the board opens
""")

# %% other: degrade wherever something is sound, keep yesterday where nothing is
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: degrade
  missing: degrade
  renamed_column: degrade
  changed_type: degrade
  repeated_rows: degrade
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.08
tell:
  who: data-team
  by: "06:00"
""")

# %% other: patient: fifty tries in forty minutes, and copies asked for again
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: retry
  bad_rows: degrade
retry:
  tries: 50
  minutes: 40
thresholds:
  fewer: 0.4
  more: 0.5
  average: 20
  quarantined: 0.1
tell:
  who: data-team
  by: "06:45"
""")

# %% other: strict: thresholds next to what good days need
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 4
  minutes: 12
thresholds:
  fewer: 0.12
  more: 0.12
  average: 0.3
  quarantined: 0.05
tell:
  who: data-team
  by: "07:00"
""")

# %% other: written in one breath, JSON as YAML allows it
lab.exercise("failure-policy", text="""
{"faults": {"bad_rows": "degrade", "throttled": "retry", "unavailable": "retry",
  "timeout": "retry", "broken_answer": "retry", "unauthorized": "degrade", "missing": "degrade",
  "renamed_column": "stop", "changed_type": "stop", "repeated_rows": "degrade"},
 "retry": {"minutes": 90.5, "tries": 100},
 "thresholds": {"fewer": 0.25, "more": 0.75, "average": 5, "quarantined": 0.1},
 "tell": {"by": "7:45", "who": "data-team"}}
""")

# %% wrong: an outage is passed over -> policy-ignores-outage
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: ignore
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: a throttle is passed over -> policy-ignores-outage
lab.exercise("failure-policy", """
faults:
  throttled: ignore
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: half an answer is taken for a whole one -> policy-ignores-outage
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: ignore
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: a timeout stops the day -> policy-gives-up
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: stop
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: a throttle degrades the day -> policy-gives-up
lab.exercise("failure-policy", """
faults:
  throttled: degrade
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: three tries in a minute -> policy-retry-short
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 3
  minutes: 1
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: one try -> policy-retry-short
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 1
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: three hours of tries -> policy-retry-late
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 100
  minutes: 180
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: a try whenever there is time -> policy-hammers
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 100000
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: a revoked key is passed over -> policy-ignores-refusal
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: ignore
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: a missing page is passed over -> policy-ignores-refusal
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: ignore
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: a wrong key is tried again -> policy-asks-in-vain
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: retry
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: a renamed column is waited for -> policy-asks-in-vain
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: retry
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: what is no number counts as 0 -> policy-ignores-contract
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: ignore
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: a renamed column counts as 0 -> policy-ignores-contract
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: ignore
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: copies are rows like any other -> policy-ignores-copies
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: ignore
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: a negative order is an order -> policy-ignores-bad-rows
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: ignore
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: one bad row stops the day -> policy-holds-all
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: stop
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: bad rows are asked for again -> policy-holds-all
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: retry
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: three in a hundred fewer is an alarm -> policy-fewer-tight
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.03
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: five in a hundred more is an alarm -> policy-more-tight
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.05
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: the average has to stay where it is -> policy-average-tight
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.1
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: no row may be set aside -> policy-quarantined-tight
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.01
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: half a feed is enough -> policy-fewer-loose
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.6
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: double is fine -> policy-more-loose
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 2
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: the average may be anything -> policy-average-loose
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 1000
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: a third may be set aside -> policy-quarantined-loose
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.4
tell:
  who: data-team
  by: "07:00"
""")

# %% wrong: a log line is enough -> policy-tells-nobody
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: nobody
  by: "07:00"
""")

# %% wrong: the CFO is told first -> policy-tells-stakeholders
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: stakeholders
  by: "07:00"
""")

# %% wrong: told in the stand-up meeting -> policy-told-late
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  timeout: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed_column: stop
  changed_type: stop
  repeated_rows: stop
  bad_rows: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "09:30"
""")
