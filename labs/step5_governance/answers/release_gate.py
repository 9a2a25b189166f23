# %% reference
lab.exercise("release-gate", """
- name: AskOps in the browser
  application: askops-chat
  principal: user
  objects: [customers, orders, salaries, tickets]
  evidence: evidence/askops-chat-02-02b.json
- name: AskOps in Slack
  application: askops-slack
  principal: svc-askops
  objects: [customers, tickets]
  evidence: evidence/askops-slack-02-03b.json
- name: The board
  application: bi-board
  principal: user
  objects: [customers, orders]
  evidence: evidence/bi-board-02-02b.json
- name: Export for finance
  application: finance-export
  principal: svc-export
  objects: [orders]
  evidence: evidence/finance-export-02-03b.json
- name: The support desk
  application: support-desk
  principal: user
  objects: [customers, tickets]
  evidence: evidence/support-desk-02-03b.json
- name: Data API, for people
  application: data-api
  principal: user
  objects: [customers, orders]
  evidence: evidence/data-api-02-03b.json
- name: Data API, by itself
  application: data-api
  principal: svc-api
  objects: [orders]
  evidence: evidence/data-api-02-03b.json
""")

# %% other: under paths, with owners, in the order of risk, one line each
lab.exercise("release-gate", """
paths:
  - {name: slack, application: askops-slack, principal: svc-askops, objects: [tickets, customers], evidence: evidence/askops-slack-02-03b.json, owner: data team, note: to be turned off}
  - {name: api-batch, application: data-api, principal: svc-api, objects: [orders], evidence: evidence/data-api-02-03b.json, owner: platform}
  - {name: export, application: finance-export, principal: svc-export, objects: [orders], evidence: evidence/finance-export-02-03b.json}
  - {name: api, application: data-api, principal: user, objects: [orders, customers], evidence: evidence/data-api-02-03b.json}
  - {name: chat, application: askops-chat, principal: User, objects: [tickets, salaries, orders, customers], evidence: evidence/askops-chat-02-02b.json}
  - {name: board, application: bi-board, principal: user, objects: [orders, customers], evidence: evidence/bi-board-02-02b.json}
  - {name: desk, application: support-desk, principal: user, objects: [tickets, customers], evidence: evidence/support-desk-02-03b.json}
""")

# %% other: a path for each table of the chat
lab.exercise("release-gate", """
- {name: chat customers, application: askops-chat, principal: user, objects: [customers], evidence: evidence/askops-chat-02-02b.json}
- {name: chat orders, application: askops-chat, principal: user, objects: [orders], evidence: evidence/askops-chat-02-02b.json}
- {name: chat salaries, application: askops-chat, principal: user, objects: [salaries], evidence: evidence/askops-chat-02-02b.json}
- {name: chat tickets, application: askops-chat, principal: user, objects: [tickets], evidence: evidence/askops-chat-02-02b.json}
- {name: slack, application: askops-slack, principal: svc-askops, objects: [customers, tickets], evidence: evidence/askops-slack-02-03b.json}
- {name: board, application: bi-board, principal: user, objects: [customers, orders], evidence: evidence/bi-board-02-02b.json}
- {name: export, application: finance-export, principal: svc-export, objects: [orders], evidence: evidence/finance-export-02-03b.json}
- {name: desk, application: support-desk, principal: user, objects: [customers, tickets], evidence: evidence/support-desk-02-03b.json}
- {name: api, application: data-api, principal: user, objects: [customers, orders], evidence: evidence/data-api-02-03b.json}
- {name: api alone, application: data-api, principal: svc-api, objects: [orders], evidence: evidence/data-api-02-03b.json}
""")
