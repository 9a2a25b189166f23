# %% reference
lab.exercise("failure-policy", """
faults:
  throttled: retry         # it says itself when to come back
  unavailable: retry       # a deployment, a restart
  hang: retry           # a busy minute
  broken_answer: retry     # half an answer is no answer
  unauthorized: stop       # a key does not become right by asking
  missing: stop            # nor does an address
  renamed: stop     # a contract is broken: people talk
  retyped: stop       # the same
  repeated: degrade   # one page of many; a threshold says how much may be missing
  negative: degrade        # one row does not stop a day
retry:
  tries: 8                 # the last one after twenty minutes: twice the outage we know
  minutes: 20
thresholds:
  fewer: 0.35              # good days: a tenth; half a feed: a half
  more: 0.5                # a feed twice: double
  average: 0.6             # good days: up to a third; cents: a hundredfold
  quarantined: 0.1         # bad rows of a past day: one in 25; a tenth may be missing
tell:
  who: data-team
  by: "07:00"              # an hour to look before the board opens
""")

# %% other: degrade wherever something is sound, keep yesterday where nothing is
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  hang: retry
  broken_answer: retry
  unauthorized: degrade
  missing: degrade
  renamed: degrade
  retyped: degrade
  repeated: degrade
  negative: degrade
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
  hang: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed: stop
  retyped: stop
  repeated: retry
  negative: degrade
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
  hang: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed: stop
  retyped: stop
  repeated: retry
  negative: degrade
retry:
  tries: 4
  minutes: 12
thresholds:
  fewer: 0.2
  more: 0.25
  average: 0.5
  quarantined: 0.05
tell:
  who: data-team
  by: "07:00"
""")

# %% other: written in one breath, JSON as YAML allows it
lab.exercise("failure-policy", text="""
{"faults": {"negative": "degrade", "throttled": "retry", "unavailable": "retry",
  "hang": "retry", "broken_answer": "retry", "unauthorized": "degrade", "missing": "degrade",
  "renamed": "stop", "retyped": "stop", "repeated": "degrade"},
 "retry": {"minutes": 90.5, "tries": 100},
 "thresholds": {"fewer": 0.25, "more": 0.75, "average": 5, "quarantined": 0.1},
 "tell": {"by": "7:45", "who": "data-team"}}
""")
