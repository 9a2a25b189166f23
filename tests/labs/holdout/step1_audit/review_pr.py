# %% other: the starter, corrected; waiver in the middle of its range
lab.exercise("review-pr", """
fct_sessions: {decision: block, rule: full-scan}               # says 30 days, reads all
fct_first_touch: {decision: block, rule: unbounded-window}     # the filter comes after the window
fct_country_revenue: {decision: block, rule: fan-out}          # a session has several campaigns
fct_conversion: {decision: block, rule: one-sided-filter}      # bought is not restricted
fct_purchases: {decision: approve}
fct_share_of_day: {decision: approve}
fct_events_by_hour: {decision: approve}
rep_yearly_audit: {decision: waive, rule: full-scan, owner: Ines (finance), until: 2027-03-06}
""")

# %% other: block style, other order, until as a quoted string on the 90th day
lab.exercise("review-pr", """
# blocked
fct_sessions:
  decision: block
  rule: full-scan
fct_first_touch:
  decision: block
  rule: unbounded-window
fct_country_revenue:
  decision: block
  rule: fan-out
fct_conversion:
  decision: block
  rule: one-sided-filter
# waived: the auditors need the year, and it runs once
rep_yearly_audit:
  decision: waive
  rule: full-scan
  owner: "finance-data@northlight.example"
  until: "2027-04-05"
# good work
fct_purchases:
  decision: approve
fct_share_of_day:
  decision: approve
fct_events_by_hour:
  decision: approve
""")

# %% other: JSON, until is today (the first day that is allowed)
lab.exercise("review-pr", """
{"fct_sessions": {"decision": "block", "rule": "full-scan"},
 "fct_first_touch": {"decision": "block", "rule": "unbounded-window"},
 "fct_country_revenue": {"decision": "block", "rule": "fan-out"},
 "fct_conversion": {"decision": "block", "rule": "one-sided-filter"},
 "fct_purchases": {"decision": "approve"},
 "fct_share_of_day": {"decision": "approve"},
 "fct_events_by_hour": {"decision": "approve"},
 "rep_yearly_audit": {"decision": "waive", "rule": "full-scan", "owner": "Ines", "until": "2027-01-05"}}
""")

# %% other: anchors; one cause (of fct_conversion) is named otherwise, which the page allows
lab.exercise("review-pr", """
fct_purchases: &good {decision: approve}
fct_share_of_day: *good
fct_events_by_hour: *good
fct_sessions: {decision: block, rule: full-scan}
fct_first_touch: {decision: block, rule: unbounded-window}
fct_country_revenue: {decision: block, rule: fan-out}
fct_conversion: {decision: block, rule: full-scan}   # the second scan reads the table whole
rep_yearly_audit:
  decision: waive
  rule: full-scan
  owner: Ines (finance)
  until: 2027-02-01
""")

# %% other: each with its own cause; the audit waived for some weeks
lab.exercise("review-pr", """
fct_sessions: {decision: block, rule: full-scan}
fct_first_touch: {decision: block, rule: unbounded-window}
fct_country_revenue: {decision: block, rule: fan-out}
fct_conversion: {decision: block, rule: one-sided-filter}
fct_purchases: {decision: approve}
fct_share_of_day: {decision: approve}
fct_events_by_hour: {decision: approve}       # microbatch: dbt restricts each batch by event_time
rep_yearly_audit: {decision: waive, rule: full-scan, owner: finance@northlight.example, until: 2027-02-28}
""")

# %% other: the more general causes (full-scan, incremental-unfiltered), block-style YAML, dates as text, the last day that is allowed
lab.exercise("review-pr", """
# the causes that the missing filter has in common
rep_yearly_audit:
  decision: waive
  rule: full-scan
  owner: "Petra, internal audit"
  until: "2027-04-05"       # 90 days from 2027-01-05, the last day allowed
fct_events_by_hour:
  decision: approve
fct_share_of_day:
  decision: approve
fct_purchases:
  decision: approve
fct_conversion:
  decision: block
  rule: full-scan           # the second read of events is not filtered at all
fct_country_revenue:
  decision: block
  rule: fan-out
fct_first_touch:
  decision: block
  rule: incremental-unfiltered
fct_sessions:
  decision: block
  rule: full-scan
""")

# %% other: one wrong cause of four (allowed), waiver that ends today
lab.exercise("review-pr", """
fct_conversion: {rule: one-sided-filter, decision: block}
fct_country_revenue: {rule: fan-out, decision: block}
fct_events_by_hour: {decision: approve}
fct_first_touch: {rule: unbounded-window, decision: block}
fct_purchases: {decision: approve}
fct_sessions: {rule: incremental-unfiltered, decision: block}   # not the cause: the one wrong cause that is allowed
fct_share_of_day: {decision: approve}
rep_yearly_audit: {rule: full-scan, decision: waive, owner: the auditors, until: 2027-01-05}
""")
