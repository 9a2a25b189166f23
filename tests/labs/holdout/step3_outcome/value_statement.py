# %% other: one metric for each pipeline; reorder_points takes the stock-out margin
lab.exercise("value-statement", """
- {pipeline: stock_alerts, kind: cost, metric: emergency_freight, per_month: 640000,
   owner: operations@northlight.example, source: operations/freight.xlsx}
- {pipeline: weekly_fill_rate, kind: cost, metric: fill_rate_penalties, per_month: 455000,
   owner: operations@northlight.example, source: operations/penalties.xlsx}
- {pipeline: cart_reminders, kind: revenue, metric: recovered_carts, per_month: 1284000,
   owner: sales@northlight.example, source: sales/recovered-carts.xlsx}
- {pipeline: reorder_points, kind: revenue, metric: stockout_margin, per_month: 918000,
   owner: sales@northlight.example, source: sales/stock-outs.xlsx}
- {pipeline: invoice_matching, kind: hours, metric: invoice_hours, per_month: 291200,
   owner: finance@northlight.example, source: finance/time-study.pdf,
   task: match invoices, rate: 4800, times: 260}
- {pipeline: session_paths, kind: none}
""")

# %% other: the freight shared by its two pipelines, half and half
lab.exercise("value-statement", """
- {pipeline: stock_alerts, kind: cost, metric: emergency_freight, per_month: 320000,
   owner: operations@northlight.example, source: operations/freight.xlsx}
- {pipeline: weekly_fill_rate, kind: cost, metric: fill_rate_penalties, per_month: 455000,
   owner: operations@northlight.example, source: operations/penalties.xlsx}
- {pipeline: cart_reminders, kind: revenue, metric: recovered_carts, per_month: 1284000,
   owner: sales@northlight.example, source: sales/recovered-carts.xlsx}
- {pipeline: reorder_points, kind: cost, metric: emergency_freight, per_month: 320000,
   owner: operations@northlight.example, source: operations/freight.xlsx}
- {pipeline: invoice_matching, kind: hours, metric: invoice_hours, per_month: 291200,
   owner: finance@northlight.example, source: finance/time-study.pdf,
   task: match invoices, rate: 4800, times: 260}
- {pipeline: session_paths, kind: none}
""")

# %% other: block style, other order, the freight shared 500 to 140, a seventh pipeline, a none with other fields
lab.exercise("value-statement", """
- pipeline: session_paths
  kind: none
  metric: path_speed
  per_month: 0
  owner: data@northlight.example
- pipeline: revenue_daily
  kind: revenue
  metric: board_revenue
  per_month: 1000000
  owner: finance@northlight.example
  source: finance/board.xlsx
- pipeline: reorder_points
  kind: cost
  metric: emergency_freight
  per_month: 140000
  owner: operations@northlight.example
  source: operations/freight.xlsx
- pipeline: stock_alerts
  kind: cost
  metric: emergency_freight
  per_month: 500000
  owner: operations@northlight.example
  source: operations/freight.xlsx
- pipeline: invoice_matching
  kind: hours
  task: match invoices
  rate: 4800
  times: 260
  metric: invoice_hours
  per_month: 291200
  owner: finance@northlight.example
  source: finance/time-study.pdf
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
""")

# %% wrong: a third pipeline shares a metric that does not name it -> metric-other
# breaks: "`metric` stands in `metrics`, names the pipeline, has the statement's kind, and belongs to somebody outside the data team."
lab.exercise("value-statement", """
- {pipeline: stock_alerts, kind: cost, metric: emergency_freight, per_month: 220000,
   owner: operations@northlight.example, source: operations/freight.xlsx}
- {pipeline: weekly_fill_rate, kind: cost, metric: emergency_freight, per_month: 210000,
   owner: operations@northlight.example, source: operations/freight.xlsx}
- {pipeline: cart_reminders, kind: revenue, metric: recovered_carts, per_month: 1284000,
   owner: sales@northlight.example, source: sales/recovered-carts.xlsx}
- {pipeline: reorder_points, kind: cost, metric: emergency_freight, per_month: 210000,
   owner: operations@northlight.example, source: operations/freight.xlsx}
- {pipeline: invoice_matching, kind: hours, metric: invoice_hours, per_month: 291200,
   owner: finance@northlight.example, source: finance/time-study.pdf,
   task: match invoices, rate: 4800, times: 260}
- {pipeline: session_paths, kind: none}
""")

# %% other: the freight is shared in halves between the two that claim it
lab.exercise("value-statement", """
- {pipeline: stock_alerts, kind: cost, metric: emergency_freight, per_month: 320000,
   owner: operations@northlight.example, source: operations/freight.xlsx}
- {pipeline: weekly_fill_rate, kind: cost, metric: fill_rate_penalties, per_month: 455000,
   owner: operations@northlight.example, source: operations/penalties.xlsx}
- {pipeline: cart_reminders, kind: revenue, metric: recovered_carts, per_month: 1284000,
   owner: sales@northlight.example, source: sales/recovered-carts.xlsx}
- {pipeline: reorder_points, kind: cost, metric: emergency_freight, per_month: 320000,
   owner: operations@northlight.example, source: operations/freight.xlsx}
- {pipeline: invoice_matching, kind: hours, metric: invoice_hours, per_month: 291200,
   owner: finance@northlight.example, source: finance/time-study.pdf,
   task: match invoices, rate: 4800, times: 260}
- {pipeline: session_paths, kind: none}
""")

# %% other: reorder_points moves to its other metric, stockout_margin; stock_alerts keeps the whole freight; block style
lab.exercise("value-statement", """
- pipeline: session_paths
  kind: none
  per_month: 0
- pipeline: reorder_points          # its other metric: nobody else claims that one
  kind: revenue
  metric: stockout_margin
  per_month: 918000
  owner: sales@northlight.example
  source: sales/stock-outs.xlsx
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
- pipeline: invoice_matching
  kind: hours
  metric: invoice_hours
  task: match invoices
  times: 260
  rate: 4800
  per_month: 291200                 # 14 * 260 * 4800 / 60
  owner: finance@northlight.example
  source: finance/time-study.pdf
- pipeline: cart_reminders
  kind: revenue
  metric: recovered_carts
  per_month: 1284000
  owner: sales@northlight.example
  source: sales/recovered-carts.xlsx
""")

# %% other: the freight shared unevenly, with shares, a further pipeline and other texts of none
lab.exercise("value-statement", """
- {pipeline: cart_reminders, kind: revenue, metric: recovered_carts, per_month: 1284000,
   owner: sales@northlight.example, source: sales/recovered-carts.xlsx}
- {pipeline: invoice_matching, kind: hours, metric: invoice_hours, task: match invoices, times: 260,
   rate: 4800, per_month: 291200, owner: finance@northlight.example, source: finance/time-study.pdf}
- {pipeline: stock_alerts, kind: cost, metric: emergency_freight, per_month: 440000, share: 0.6875,
   owner: operations@northlight.example, source: operations/freight.xlsx}
- {pipeline: reorder_points, kind: cost, metric: emergency_freight, per_month: 200000, share: 0.3125,
   owner: operations@northlight.example, source: operations/freight.xlsx}
- {pipeline: weekly_fill_rate, kind: cost, metric: fill_rate_penalties, per_month: 455000,
   owner: operations@northlight.example, source: operations/penalties.xlsx}
- {pipeline: session_paths, kind: none, metric: "", per_month: 0, owner: "", source: "goes to the stop-list"}
- {pipeline: referrer_report, kind: none}          # a further one, not asked for
""")
