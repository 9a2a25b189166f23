# %% other: JSON text, last entry first
lab.exercise("release-gate", """
[
 {
  "name": "support-desk as user",
  "application": "support-desk",
  "principal": "user",
  "objects": [
   "customers",
   "tickets"
  ],
  "evidence": "evidence/support-desk-02-03b.json"
 },
 {
  "name": "finance-export as svc-export",
  "application": "finance-export",
  "principal": "svc-export",
  "objects": [
   "orders"
  ],
  "evidence": "evidence/finance-export-02-03b.json"
 },
 {
  "name": "data-api as user",
  "application": "data-api",
  "principal": "user",
  "objects": [
   "customers",
   "orders"
  ],
  "evidence": "evidence/data-api-02-03b.json"
 },
 {
  "name": "data-api as svc-api",
  "application": "data-api",
  "principal": "svc-api",
  "objects": [
   "orders"
  ],
  "evidence": "evidence/data-api-02-03b.json"
 },
 {
  "name": "bi-board as user",
  "application": "bi-board",
  "principal": "user",
  "objects": [
   "customers",
   "orders"
  ],
  "evidence": "evidence/bi-board-02-02b.json"
 },
 {
  "name": "askops-slack as svc-askops",
  "application": "askops-slack",
  "principal": "svc-askops",
  "objects": [
   "customers",
   "tickets"
  ],
  "evidence": "evidence/askops-slack-02-03b.json"
 },
 {
  "name": "askops-chat as user",
  "application": "askops-chat",
  "principal": "user",
  "objects": [
   "customers",
   "orders",
   "salaries",
   "tickets"
  ],
  "evidence": "evidence/askops-chat-02-02b.json"
 }
]
""")


# %% other: block lists, further fields
lab.exercise("release-gate", """
- evidence: evidence/askops-chat-02-02b.json
  owner: data platform
  objects:
    - customers
    - orders
    - salaries
    - tickets
  principal: user
  application: askops-chat
  name: "askops-chat as user"
  note: seen in January
- evidence: evidence/askops-slack-02-03b.json
  owner: data platform
  objects:
    - customers
    - tickets
  principal: svc-askops
  application: askops-slack
  name: "askops-slack as svc-askops"
  note: seen in January
- evidence: evidence/bi-board-02-02b.json
  owner: data platform
  objects:
    - customers
    - orders
  principal: user
  application: bi-board
  name: "bi-board as user"
  note: seen in January
- evidence: evidence/data-api-02-03b.json
  owner: data platform
  objects:
    - orders
  principal: svc-api
  application: data-api
  name: "data-api as svc-api"
  note: seen in January
- evidence: evidence/data-api-02-03b.json
  owner: data platform
  objects:
    - customers
    - orders
  principal: user
  application: data-api
  name: "data-api as user"
  note: seen in January
- evidence: evidence/finance-export-02-03b.json
  owner: data platform
  objects:
    - orders
  principal: svc-export
  application: finance-export
  name: "finance-export as svc-export"
  note: seen in January
- evidence: evidence/support-desk-02-03b.json
  owner: data platform
  objects:
    - customers
    - tickets
  principal: user
  application: support-desk
  name: "support-desk as user"
  note: seen in January
""")


# %% other: every entry has the same name
lab.exercise("release-gate", """
- name: "a path"
  application: "askops-chat"
  principal: "user"
  objects: ["customers", "orders", "salaries", "tickets"]
  evidence: "evidence/askops-chat-02-02b.json"
- name: "a path"
  application: "askops-slack"
  principal: "svc-askops"
  objects: ["customers", "tickets"]
  evidence: "evidence/askops-slack-02-03b.json"
- name: "a path"
  application: "bi-board"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/bi-board-02-02b.json"
- name: "a path"
  application: "data-api"
  principal: "svc-api"
  objects: ["orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "a path"
  application: "data-api"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "a path"
  application: "finance-export"
  principal: "svc-export"
  objects: ["orders"]
  evidence: "evidence/finance-export-02-03b.json"
- name: "a path"
  application: "support-desk"
  principal: "user"
  objects: ["customers", "tickets"]
  evidence: "evidence/support-desk-02-03b.json"
""")


# %% other: objects in reverse order, one document with a start and an end mark
lab.exercise("release-gate", """
---
- name: "askops-chat as user"
  application: "askops-chat"
  principal: "user"
  objects: ["tickets", "salaries", "orders", "customers"]
  evidence: "evidence/askops-chat-02-02b.json"
- name: "askops-slack as svc-askops"
  application: "askops-slack"
  principal: "svc-askops"
  objects: ["tickets", "customers"]
  evidence: "evidence/askops-slack-02-03b.json"
- name: "bi-board as user"
  application: "bi-board"
  principal: "user"
  objects: ["orders", "customers"]
  evidence: "evidence/bi-board-02-02b.json"
- name: "data-api as svc-api"
  application: "data-api"
  principal: "svc-api"
  objects: ["orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "data-api as user"
  application: "data-api"
  principal: "user"
  objects: ["orders", "customers"]
  evidence: "evidence/data-api-02-03b.json"
- name: "finance-export as svc-export"
  application: "finance-export"
  principal: "svc-export"
  objects: ["orders"]
  evidence: "evidence/finance-export-02-03b.json"
- name: "support-desk as user"
  application: "support-desk"
  principal: "user"
  objects: ["tickets", "customers"]
  evidence: "evidence/support-desk-02-03b.json"
...
""")


# %% other: anchors for lists of tables, folded names, single quotes
lab.exercise("release-gate", """
-
  name: >-
    askops-chat as user
  application: 'askops-chat'
  principal: 'user'
  objects: &t0 ["customers", "orders", "salaries", "tickets"]
  evidence: 'evidence/askops-chat-02-02b.json'
-
  name: >-
    askops-slack as svc-askops
  application: 'askops-slack'
  principal: 'svc-askops'
  objects: &t1 ["customers", "tickets"]
  evidence: 'evidence/askops-slack-02-03b.json'
-
  name: >-
    bi-board as user
  application: 'bi-board'
  principal: 'user'
  objects: &t2 ["customers", "orders"]
  evidence: 'evidence/bi-board-02-02b.json'
-
  name: >-
    data-api as svc-api
  application: 'data-api'
  principal: 'svc-api'
  objects: &t3 ["orders"]
  evidence: 'evidence/data-api-02-03b.json'
-
  name: >-
    data-api as user
  application: 'data-api'
  principal: 'user'
  objects: *t2
  evidence: 'evidence/data-api-02-03b.json'
-
  name: >-
    finance-export as svc-export
  application: 'finance-export'
  principal: 'svc-export'
  objects: *t3
  evidence: 'evidence/finance-export-02-03b.json'
-
  name: >-
    support-desk as user
  application: 'support-desk'
  principal: 'user'
  objects: *t1
  evidence: 'evidence/support-desk-02-03b.json'
""")


# %% wrong: leaves out an application of the log -> path-missing
lab.exercise("release-gate", """
- name: "askops-slack as svc-askops"
  application: "askops-slack"
  principal: "svc-askops"
  objects: ["customers", "tickets"]
  evidence: "evidence/askops-slack-02-03b.json"
- name: "bi-board as user"
  application: "bi-board"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/bi-board-02-02b.json"
- name: "data-api as svc-api"
  application: "data-api"
  principal: "svc-api"
  objects: ["orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "data-api as user"
  application: "data-api"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "finance-export as svc-export"
  application: "finance-export"
  principal: "svc-export"
  objects: ["orders"]
  evidence: "evidence/finance-export-02-03b.json"
- name: "support-desk as user"
  application: "support-desk"
  principal: "user"
  objects: ["customers", "tickets"]
  evidence: "evidence/support-desk-02-03b.json"
""")


# %% wrong: one entry for an application with two principals, the tables of both together -> principal-untrue
lab.exercise("release-gate", """
- name: "askops-chat as user"
  application: "askops-chat"
  principal: "user"
  objects: ["customers", "orders", "salaries", "tickets"]
  evidence: "evidence/askops-chat-02-02b.json"
- name: "askops-slack as svc-askops"
  application: "askops-slack"
  principal: "svc-askops"
  objects: ["customers", "tickets"]
  evidence: "evidence/askops-slack-02-03b.json"
- name: "bi-board as user"
  application: "bi-board"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/bi-board-02-02b.json"
- name: "data-api as svc-api"
  application: "data-api"
  principal: "svc-api"
  objects: ["customers", "orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "finance-export as svc-export"
  application: "finance-export"
  principal: "svc-export"
  objects: ["orders"]
  evidence: "evidence/finance-export-02-03b.json"
- name: "support-desk as user"
  application: "support-desk"
  principal: "user"
  objects: ["customers", "tickets"]
  evidence: "evidence/support-desk-02-03b.json"
""")


# %% wrong: lists an application that the log has not seen -> path-unseen
lab.exercise("release-gate", """
- name: "askops-chat as user"
  application: "askops-chat"
  principal: "user"
  objects: ["customers", "orders", "salaries", "tickets"]
  evidence: "evidence/askops-chat-02-02b.json"
- name: "askops-slack as svc-askops"
  application: "askops-slack"
  principal: "svc-askops"
  objects: ["customers", "tickets"]
  evidence: "evidence/askops-slack-02-03b.json"
- name: "bi-board as user"
  application: "bi-board"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/bi-board-02-02b.json"
- name: "data-api as svc-api"
  application: "data-api"
  principal: "svc-api"
  objects: ["orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "data-api as user"
  application: "data-api"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "finance-export as svc-export"
  application: "finance-export"
  principal: "svc-export"
  objects: ["orders"]
  evidence: "evidence/finance-export-02-03b.json"
- name: "support-desk as user"
  application: "support-desk"
  principal: "user"
  objects: ["customers", "tickets"]
  evidence: "evidence/support-desk-02-03b.json"
- name: "Forecast"
  application: "forecast"
  principal: "svc-forecast"
  objects: ["orders"]
  evidence: "evidence/bi-board-02-02b.json"
""")


# %% wrong: names the person who asked instead of user -> principal-untrue
lab.exercise("release-gate", """
- name: "askops-chat as user"
  application: "askops-chat"
  principal: "ana"
  objects: ["customers", "orders", "salaries", "tickets"]
  evidence: "evidence/askops-chat-02-02b.json"
- name: "askops-slack as svc-askops"
  application: "askops-slack"
  principal: "svc-askops"
  objects: ["customers", "tickets"]
  evidence: "evidence/askops-slack-02-03b.json"
- name: "bi-board as user"
  application: "bi-board"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/bi-board-02-02b.json"
- name: "data-api as svc-api"
  application: "data-api"
  principal: "svc-api"
  objects: ["orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "data-api as user"
  application: "data-api"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "finance-export as svc-export"
  application: "finance-export"
  principal: "svc-export"
  objects: ["orders"]
  evidence: "evidence/finance-export-02-03b.json"
- name: "support-desk as user"
  application: "support-desk"
  principal: "user"
  objects: ["customers", "tickets"]
  evidence: "evidence/support-desk-02-03b.json"
""")


# %% wrong: gives an account to an application that reads on behalf of persons -> principal-untrue
lab.exercise("release-gate", """
- name: "askops-chat as user"
  application: "askops-chat"
  principal: "svc-askops"
  objects: ["customers", "orders", "salaries", "tickets"]
  evidence: "evidence/askops-chat-02-02b.json"
- name: "askops-slack as svc-askops"
  application: "askops-slack"
  principal: "svc-askops"
  objects: ["customers", "tickets"]
  evidence: "evidence/askops-slack-02-03b.json"
- name: "bi-board as user"
  application: "bi-board"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/bi-board-02-02b.json"
- name: "data-api as svc-api"
  application: "data-api"
  principal: "svc-api"
  objects: ["orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "data-api as user"
  application: "data-api"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "finance-export as svc-export"
  application: "finance-export"
  principal: "svc-export"
  objects: ["orders"]
  evidence: "evidence/finance-export-02-03b.json"
- name: "support-desk as user"
  application: "support-desk"
  principal: "user"
  objects: ["customers", "tickets"]
  evidence: "evidence/support-desk-02-03b.json"
""")


# %% wrong: says user where the application reads with its account -> principal-untrue
lab.exercise("release-gate", """
- name: "askops-chat as user"
  application: "askops-chat"
  principal: "user"
  objects: ["customers", "orders", "salaries", "tickets"]
  evidence: "evidence/askops-chat-02-02b.json"
- name: "askops-slack as svc-askops"
  application: "askops-slack"
  principal: "user"
  objects: ["customers", "tickets"]
  evidence: "evidence/askops-slack-02-03b.json"
- name: "bi-board as user"
  application: "bi-board"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/bi-board-02-02b.json"
- name: "data-api as svc-api"
  application: "data-api"
  principal: "svc-api"
  objects: ["orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "data-api as user"
  application: "data-api"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "finance-export as svc-export"
  application: "finance-export"
  principal: "svc-export"
  objects: ["orders"]
  evidence: "evidence/finance-export-02-03b.json"
- name: "support-desk as user"
  application: "support-desk"
  principal: "user"
  objects: ["customers", "tickets"]
  evidence: "evidence/support-desk-02-03b.json"
""")


# %% wrong: a wildcard inside a table's name -> objects-wildcard
lab.exercise("release-gate", """
- name: "askops-chat as user"
  application: "askops-chat"
  principal: "user"
  objects: ["cust*", "orders", "salaries", "tickets"]
  evidence: "evidence/askops-chat-02-02b.json"
- name: "askops-slack as svc-askops"
  application: "askops-slack"
  principal: "svc-askops"
  objects: ["customers", "tickets"]
  evidence: "evidence/askops-slack-02-03b.json"
- name: "bi-board as user"
  application: "bi-board"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/bi-board-02-02b.json"
- name: "data-api as svc-api"
  application: "data-api"
  principal: "svc-api"
  objects: ["orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "data-api as user"
  application: "data-api"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "finance-export as svc-export"
  application: "finance-export"
  principal: "svc-export"
  objects: ["orders"]
  evidence: "evidence/finance-export-02-03b.json"
- name: "support-desk as user"
  application: "support-desk"
  principal: "user"
  objects: ["customers", "tickets"]
  evidence: "evidence/support-desk-02-03b.json"
""")


# %% wrong: one table that was read is missing -> objects-untrue
lab.exercise("release-gate", """
- name: "askops-chat as user"
  application: "askops-chat"
  principal: "user"
  objects: ["customers", "orders", "salaries"]
  evidence: "evidence/askops-chat-02-02b.json"
- name: "askops-slack as svc-askops"
  application: "askops-slack"
  principal: "svc-askops"
  objects: ["customers", "tickets"]
  evidence: "evidence/askops-slack-02-03b.json"
- name: "bi-board as user"
  application: "bi-board"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/bi-board-02-02b.json"
- name: "data-api as svc-api"
  application: "data-api"
  principal: "svc-api"
  objects: ["orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "data-api as user"
  application: "data-api"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "finance-export as svc-export"
  application: "finance-export"
  principal: "svc-export"
  objects: ["orders"]
  evidence: "evidence/finance-export-02-03b.json"
- name: "support-desk as user"
  application: "support-desk"
  principal: "user"
  objects: ["customers", "tickets"]
  evidence: "evidence/support-desk-02-03b.json"
""")


# %% wrong: lists a table that this application has not read under this principal -> objects-untrue
lab.exercise("release-gate", """
- name: "askops-chat as user"
  application: "askops-chat"
  principal: "user"
  objects: ["customers", "orders", "salaries", "tickets"]
  evidence: "evidence/askops-chat-02-02b.json"
- name: "askops-slack as svc-askops"
  application: "askops-slack"
  principal: "svc-askops"
  objects: ["customers", "tickets", "orders"]
  evidence: "evidence/askops-slack-02-03b.json"
- name: "bi-board as user"
  application: "bi-board"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/bi-board-02-02b.json"
- name: "data-api as svc-api"
  application: "data-api"
  principal: "svc-api"
  objects: ["orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "data-api as user"
  application: "data-api"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "finance-export as svc-export"
  application: "finance-export"
  principal: "svc-export"
  objects: ["orders"]
  evidence: "evidence/finance-export-02-03b.json"
- name: "support-desk as user"
  application: "support-desk"
  principal: "user"
  objects: ["customers", "tickets"]
  evidence: "evidence/support-desk-02-03b.json"
""")


# %% wrong: evidence is a file that does not exist -> evidence-missing
lab.exercise("release-gate", """
- name: "askops-chat as user"
  application: "askops-chat"
  principal: "user"
  objects: ["customers", "orders", "salaries", "tickets"]
  evidence: "evidence/askops-chat-02-02b-final.json"
- name: "askops-slack as svc-askops"
  application: "askops-slack"
  principal: "svc-askops"
  objects: ["customers", "tickets"]
  evidence: "evidence/askops-slack-02-03b.json"
- name: "bi-board as user"
  application: "bi-board"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/bi-board-02-02b.json"
- name: "data-api as svc-api"
  application: "data-api"
  principal: "svc-api"
  objects: ["orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "data-api as user"
  application: "data-api"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "finance-export as svc-export"
  application: "finance-export"
  principal: "svc-export"
  objects: ["orders"]
  evidence: "evidence/finance-export-02-03b.json"
- name: "support-desk as user"
  application: "support-desk"
  principal: "user"
  objects: ["customers", "tickets"]
  evidence: "evidence/support-desk-02-03b.json"
""")


# %% wrong: evidence shows another application -> evidence-other
lab.exercise("release-gate", """
- name: "askops-chat as user"
  application: "askops-chat"
  principal: "user"
  objects: ["customers", "orders", "salaries", "tickets"]
  evidence: "evidence/askops-slack-02-03b.json"
- name: "askops-slack as svc-askops"
  application: "askops-slack"
  principal: "svc-askops"
  objects: ["customers", "tickets"]
  evidence: "evidence/askops-slack-02-03b.json"
- name: "bi-board as user"
  application: "bi-board"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/bi-board-02-02b.json"
- name: "data-api as svc-api"
  application: "data-api"
  principal: "svc-api"
  objects: ["orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "data-api as user"
  application: "data-api"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "finance-export as svc-export"
  application: "finance-export"
  principal: "svc-export"
  objects: ["orders"]
  evidence: "evidence/finance-export-02-03b.json"
- name: "support-desk as user"
  application: "support-desk"
  principal: "user"
  objects: ["customers", "tickets"]
  evidence: "evidence/support-desk-02-03b.json"
""")


# %% wrong: evidence was made before the policy -> evidence-old
lab.exercise("release-gate", """
- name: "askops-chat as user"
  application: "askops-chat"
  principal: "user"
  objects: ["customers", "orders", "salaries", "tickets"]
  evidence: "evidence/askops-chat-01-29a.json"
- name: "askops-slack as svc-askops"
  application: "askops-slack"
  principal: "svc-askops"
  objects: ["customers", "tickets"]
  evidence: "evidence/askops-slack-02-03b.json"
- name: "bi-board as user"
  application: "bi-board"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/bi-board-02-02b.json"
- name: "data-api as svc-api"
  application: "data-api"
  principal: "svc-api"
  objects: ["orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "data-api as user"
  application: "data-api"
  principal: "user"
  objects: ["customers", "orders"]
  evidence: "evidence/data-api-02-03b.json"
- name: "finance-export as svc-export"
  application: "finance-export"
  principal: "svc-export"
  objects: ["orders"]
  evidence: "evidence/finance-export-02-03b.json"
- name: "support-desk as user"
  application: "support-desk"
  principal: "user"
  objects: ["customers", "tickets"]
  evidence: "evidence/support-desk-02-03b.json"
""")


# %% other: block style, another order
lab.exercise("release-gate", """
# seven paths, newest first
- name: "support-desk (user)"
  application: support-desk
  principal: 'user'
  objects:
    - tickets
    - customers
  evidence: evidence/support-desk-02-03b.json
- name: "finance-export (svc-export)"
  application: finance-export
  principal: 'svc-export'
  objects:
    - orders
  evidence: evidence/finance-export-02-03b.json
- name: "data-api (svc-api)"
  application: data-api
  principal: 'svc-api'
  objects:
    - orders
  evidence: evidence/data-api-02-03b.json
- name: "data-api (user)"
  application: data-api
  principal: 'user'
  objects:
    - orders
    - customers
  evidence: evidence/data-api-02-03b.json
- name: "bi-board (user)"
  application: bi-board
  principal: 'user'
  objects:
    - orders
    - customers
  evidence: evidence/bi-board-02-02b.json
- name: "askops-slack (svc-askops)"
  application: askops-slack
  principal: 'svc-askops'
  objects:
    - tickets
    - customers
  evidence: evidence/askops-slack-02-03b.json
- name: "askops-chat (user)"
  application: askops-chat
  principal: 'user'
  objects:
    - tickets
    - salaries
    - orders
    - customers
  evidence: evidence/askops-chat-02-02b.json
""")


# %% other: flow style
lab.exercise("release-gate", """
- {name: AskOps, application: askops-chat, principal: user,
   objects: [customers, orders, salaries, tickets], evidence: evidence/askops-chat-02-02b.json}
- {name: AskOps in Slack, application: askops-slack, principal: svc-askops,
   objects: [customers, tickets], evidence: evidence/askops-slack-02-03b.json}
- {name: The board, application: bi-board, principal: user,
   objects: [customers, orders], evidence: evidence/bi-board-02-02b.json}
- {name: The API for people, application: data-api, principal: user,
   objects: [customers, orders], evidence: evidence/data-api-02-03b.json}
- {name: The API by itself, application: data-api, principal: svc-api,
   objects: [orders], evidence: evidence/data-api-02-03b.json}
- {name: The export for finance, application: finance-export, principal: svc-export,
   objects: [orders], evidence: evidence/finance-export-02-03b.json}
- {name: The support desk, application: support-desk, principal: user,
   objects: [customers, tickets], evidence: evidence/support-desk-02-03b.json}
""")

# %% other: flow style, in the order of the log
lab.exercise("release-gate", """
- {name: AskOps, application: askops-chat, principal: user,
   objects: [customers, orders, salaries, tickets], evidence: evidence/askops-chat-02-02b.json}
- {name: AskOps in Slack, application: askops-slack, principal: svc-askops,
   objects: [customers, tickets], evidence: evidence/askops-slack-02-03b.json}
- {name: The board, application: bi-board, principal: user,
   objects: [customers, orders], evidence: evidence/bi-board-02-02b.json}
- {name: The API for people, application: data-api, principal: user,
   objects: [customers, orders], evidence: evidence/data-api-02-03b.json}
- {name: The API for jobs, application: data-api, principal: svc-api,
   objects: [orders], evidence: evidence/data-api-02-03b.json}
- {name: The export for finance, application: finance-export, principal: svc-export,
   objects: [orders], evidence: evidence/finance-export-02-03b.json}
- {name: The desk, application: support-desk, principal: user,
   objects: [customers, tickets], evidence: evidence/support-desk-02-03b.json}
""")

# %% other: block style, other order of entries and of objects
lab.exercise("release-gate", """
# sorted by principal: first the accounts that nobody stands behind
- name: export
  application: finance-export
  principal: svc-export
  objects:
    - orders
  evidence: evidence/finance-export-02-03b.json
- name: api, jobs
  application: data-api
  principal: svc-api
  objects:
    - orders
  evidence: evidence/data-api-02-03b.json
- name: slack
  application: askops-slack
  principal: svc-askops
  objects:
    - tickets
    - customers
  evidence: evidence/askops-slack-02-03b.json
- name: desk
  application: support-desk
  principal: user
  objects:
    - tickets
    - customers
  evidence: evidence/support-desk-02-03b.json
- name: api, people
  application: data-api
  principal: user
  objects:
    - orders
    - customers
  evidence: evidence/data-api-02-03b.json
- name: board
  application: bi-board
  principal: user
  objects:
    - orders
    - customers
  evidence: evidence/bi-board-02-02b.json
- name: chat
  application: askops-chat
  principal: user
  objects:
    - tickets
    - salaries
    - orders
    - customers
  evidence: evidence/askops-chat-02-02b.json
""")

# %% other: the YAML text is made from a table of tuples by Python
lab.exercise("release-gate", "\n".join(
    f"- {{name: {application} as {principal}, application: {application}, principal: {principal}, "
    f"objects: [{', '.join(objects)}], evidence: evidence/{report}.json}}"
    for application, principal, objects, report in (
        ("askops-chat", "user", ["customers", "orders", "salaries", "tickets"], "askops-chat-02-02b"),
        ("askops-slack", "svc-askops", ["customers", "tickets"], "askops-slack-02-03b"),
        ("bi-board", "user", ["customers", "orders"], "bi-board-02-02b"),
        ("data-api", "svc-api", ["orders"], "data-api-02-03b"),
        ("data-api", "user", ["customers", "orders"], "data-api-02-03b"),
        ("finance-export", "svc-export", ["orders"], "finance-export-02-03b"),
        ("support-desk", "user", ["customers", "tickets"], "support-desk-02-03b"),
    )
))
