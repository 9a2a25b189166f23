# %% other: anchors: what is said once
lab.exercise("failure-policy", """
faults:
  throttled: &again retry
  unavailable: *again
  hang: *again
  broken_answer: *again
  unauthorized: &people stop
  missing: *people
  renamed: *people
  retyped: *people
  repeated: &rows degrade
  negative: *rows
retry: &budget {tries: 10, minutes: 25}
thresholds: {fewer: 0.3, more: 0.3, average: 1, quarantined: 0.07}
tell: {who: data-team, by: "06:40"}
""")

# %% other: a document with its marks, tell first, everything quoted
lab.exercise("failure-policy", """---
# agreed on with the data team
tell:
    who: 'data-team'
    by: '7:05'
thresholds:
    quarantined: 5.0e-2
    average: 3.
    more: .4
    fewer: .4
retry:
    minutes: 1_5
    tries: 0xA
faults:
    "negative": "degrade"
    "repeated": "retry"
    "retyped": "stop"
    "renamed": "stop"
    "missing": "stop"
    "unauthorized": "stop"
    "broken_answer": "retry"
    "hang": "retry"
    "unavailable": "retry"
    "throttled": "retry"
...
""")

# %% other: a time without quotes, which YAML reads as a number
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
  repeated: degrade
  negative: degrade
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
  by: 7:30
""")

# %% other: the text in a name
POLICY = """
faults:
  throttled: retry
  unavailable: retry
  hang: retry
  broken_answer: retry
  unauthorized: degrade
  missing: stop
  renamed: stop
  retyped: stop
  repeated: degrade
  negative: degrade
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
"""
lab.exercise("failure-policy", POLICY)

# %% other: dumped by the library
import yaml

again = dict.fromkeys(["throttled", "unavailable", "hang", "broken_answer"], "retry")
broken = dict.fromkeys(["unauthorized", "missing", "renamed", "retyped"], "degrade")
policy = {
    "faults": {**again, **broken, "repeated": "degrade", "negative": "degrade"},
    "retry": {"tries": 7, "minutes": 35.0},
    "thresholds": {"fewer": 0.2, "more": 0.25, "average": 0.45, "quarantined": 0.06},
    "tell": {"who": "data-team", "by": "06:36"},
}
lab.exercise("failure-policy", yaml.safe_dump(policy))

# %% other: three tries, the last one after ten minutes
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
  repeated: degrade
  negative: degrade
retry:
  tries: 3
  minutes: 10
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "07:00"
""")

# %% other: as long and as often as may be, told on the stroke of eight
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
  repeated: degrade
  negative: degrade
retry:
  tries: 150
  minutes: 119.5
thresholds:
  fewer: 0.35
  more: 0.5
  average: 0.6
  quarantined: 0.1
tell:
  who: data-team
  by: "08:00"
""")

# %% other: told before anything began
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
  repeated: degrade
  negative: degrade
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
  by: "00:00"
""")

# %% other: wide as long as it holds
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
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.43
  more: 0.75
  average: 30
  quarantined: 0.14
tell:
  who: data-team
  by: "07:00"
""")

# %% other: tight as long as it holds
lab.exercise("failure-policy", """
faults:
  throttled: retry
  unavailable: retry
  hang: retry
  broken_answer: retry
  unauthorized: stop
  missing: stop
  renamed: degrade
  retyped: stop
  repeated: retry
  negative: degrade
retry:
  tries: 8
  minutes: 20
thresholds:
  fewer: 0.18
  more: 0.22
  average: 0.5
  quarantined: 0.04
tell:
  who: data-team
  by: "07:00"
""")

# %% other: merged from a base
lab.exercise("failure-policy", text="""
faults:
  <<: {throttled: retry, unavailable: retry, hang: retry, broken_answer: retry}
  unauthorized: stop
  missing: degrade
  renamed: stop
  retyped: degrade
  repeated: retry
  negative: degrade
retry: {tries: 12, minutes: 60}
thresholds: {fewer: 0.3, more: 0.6, average: 0.9, quarantined: 0.1}
tell: {who: data-team, by: "07:15"}
""")

# %% other: block style, retry an hour
lab.exercise("failure-policy", """
faults:
  throttled: retry         # 429: come back later
  unavailable: retry       # 503: a restart, or an outage
  hang: retry              # no answer
  broken_answer: retry     # half of an answer, or HTML with status 200
  unauthorized: stop       # 401: somebody has to issue a new key
  missing: stop            # 404: somebody has to find the new address
  renamed: stop            # the contract is broken
  retyped: stop
  repeated: degrade        # the copies are set aside
  negative: degrade        # the bad rows are set aside
retry:
  tries: 13
  minutes: 60
thresholds:
  fewer: 0.3
  more: 0.5
  average: 0.5
  quarantined: 0.1
tell:
  who: data-team
  by: "07:30"
""")

# %% other: flow mappings, 90 minutes, contract faults degrade
lab.exercise("failure-policy", """
# what comes back by itself is asked for again; what needs a person is not
faults: {throttled: retry, unavailable: retry, hang: retry, broken_answer: retry,
         unauthorized: stop, missing: stop,
         renamed: degrade, retyped: degrade, repeated: degrade, negative: degrade}
retry: {tries: 31, minutes: 90}
thresholds: {fewer: 0.25, more: 0.35, average: 0.8, quarantined: 0.1}
tell: {who: data-team, by: "07:45"}
""")

# %% other: other order of keys, one try a minute for 25 minutes, alert early
lab.exercise("failure-policy", """
tell:
  by: '06:30'      # what is decided later goes out at once
  who: 'data-team'
retry:
  minutes: 25
  tries: 26
thresholds:
  quarantined: 0.1
  average: 0.4
  more: 0.6
  fewer: 0.35
faults:
  # a person has to look
  missing: stop
  unauthorized: stop
  renamed: stop
  retyped: degrade
  # the sound rows can go out
  negative: degrade
  repeated: degrade
  # time heals
  broken_answer: retry
  hang: retry
  throttled: retry
  unavailable: retry
""")
