# %% reference
lab.exercise("value-statement", """
- pipeline: stock_alerts
  kind: cost
  metric: emergency_freight
  per_month: 640000
  owner: operations@northlight.example
  source: operations/freight.xlsx
- pipeline: weekly_fill_rate
  kind: cost
  metric: fill_rate_penalties
  per_month: 455000
  owner: operations@northlight.example
  source: operations/penalties.xlsx
- pipeline: cart_reminders
  kind: revenue
  metric: recovered_carts
  per_month: 1284000
  owner: sales@northlight.example
  source: sales/recovered-carts.xlsx
- pipeline: reorder_points
  kind: revenue
  metric: stockout_margin
  per_month: 918000
  owner: sales@northlight.example
  source: sales/stock-outs.xlsx
- pipeline: invoice_matching
  kind: hours
  metric: invoice_hours
  task: match invoices
  rate: 4800
  times: 260
  per_month: 291200
  owner: finance@northlight.example
  source: finance/time-study.pdf
- pipeline: session_paths
  kind: none
""")

# %% other: the freight is shared between the two pipelines that have to do with it
lab.exercise("value-statement", """
- {pipeline: session_paths, kind: none, metric: "", per_month: 0, owner: "", source: ""}
- {pipeline: cart_reminders, kind: revenue, metric: recovered_carts, per_month: 1284000.0,
   owner: sales@northlight.example, source: sales/recovered-carts.xlsx}
- {pipeline: stock_alerts, kind: cost, metric: emergency_freight, per_month: 400000,
   owner: operations@northlight.example, source: operations/freight.xlsx, share: 0.625}
- {pipeline: reorder_points, kind: cost, metric: emergency_freight, per_month: 240000,
   owner: operations@northlight.example, source: operations/freight.xlsx, share: 0.375}
- {pipeline: weekly_fill_rate, kind: cost, metric: fill_rate_penalties, per_month: 455000,
   owner: operations@northlight.example, source: operations/penalties.xlsx}
- {pipeline: invoice_matching, kind: hours, metric: invoice_hours, task: match invoices,
   rate: 4800, times: 260, per_month: 291200, owner: Finance@northlight.example,
   source: finance/time-study.pdf}
""")

# %% other: JSON, numbers within a hundredth, and one pipeline more that nobody uses
lab.exercise("value-statement", text="""
[{"pipeline": "referrer_report", "kind": "none"},
 {"pipeline": "session_paths", "kind": "none", "per_month": null},
 {"pipeline": "invoice_matching", "kind": "hours", "metric": "invoice_hours",
  "task": "match invoices", "rate": 4800, "times": 260, "per_month": 290000,
  "owner": "finance@northlight.example", "source": "finance/time-study.pdf"},
 {"pipeline": "weekly_fill_rate", "kind": "cost", "metric": "fill_rate_penalties",
  "per_month": 454999, "owner": "operations@northlight.example",
  "source": "operations/penalties.xlsx"},
 {"pipeline": "stock_alerts", "kind": "cost", "metric": "emergency_freight",
  "per_month": 643000, "owner": "operations@northlight.example",
  "source": "operations/freight.xlsx"},
 {"pipeline": "reorder_points", "kind": "revenue", "metric": "stockout_margin",
  "per_month": 910000, "owner": "sales@northlight.example", "source": "sales/stock-outs.xlsx"},
 {"pipeline": "cart_reminders", "kind": "revenue", "metric": "recovered_carts",
  "per_month": 1295556, "owner": "sales@northlight.example",
  "source": "sales/recovered-carts.xlsx"}]
""")
