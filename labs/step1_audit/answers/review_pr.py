# %% reference
lab.exercise("review-pr", """
fct_sessions: {decision: block, rule: full-scan}
fct_first_touch: {decision: block, rule: unbounded-window}
fct_country_revenue: {decision: block, rule: fan-out}
fct_conversion: {decision: block, rule: one-sided-filter}
fct_purchases: {decision: approve}
fct_share_of_day: {decision: approve}
fct_events_by_hour: {decision: approve}
rep_yearly_audit: {decision: waive, rule: full-scan, owner: ines, until: 2027-01-31}
""")

# %% other: one key a line, with reasons; the waiver ends on the ninetieth day
lab.exercise("review-pr", """
rep_yearly_audit:
  decision: waive
  rule: full-scan
  owner: "Ines, finance"
  until: "2027-04-05"
  why: once a year the auditors need every day
fct_conversion: {decision: block, rule: full-scan, why: the purchases have no filter}
fct_sessions: {decision: block, rule: full-scan}
fct_first_touch: {decision: block, rule: unbounded-window}
fct_country_revenue: {decision: block, rule: fan-out}
fct_events_by_hour: approve
fct_purchases: approve
fct_share_of_day: approve
""")

# %% other: one cause is named otherwise, in JSON; the waiver ends today
lab.exercise("review-pr", """
{"fct_first_touch": {"decision": "block", "rule": "full-scan"},
 "fct_sessions": {"decision": "block", "rule": "full-scan"},
 "fct_country_revenue": {"decision": "block", "rule": "fan-out"},
 "fct_conversion": {"decision": "block", "rule": "one-sided-filter"},
 "fct_purchases": {"decision": "approve"},
 "fct_share_of_day": {"decision": "approve"},
 "fct_events_by_hour": {"decision": "approve"},
 "rep_yearly_audit": {"decision": "waive", "rule": "full-scan", "owner": "ines", "until": "2027-01-05"}}
""")
