# %% reference
lab.exercise("policy", """
classes:
  customers.customer_id: customer
  customers.name: name
  customers.email: mail
  customers.phone: phone
  customers.birth_date: birth
  customers.iban: bank
  customers.country: business
  customers.segment: business
  orders.order_id: business
  orders.customer_id: customer
  orders.amount_cents: business
  orders.country: business
  salaries.employee_id: staff
  salaries.employee: staff
  salaries.salary_cents: pay
  tickets.ticket_id: business
  tickets.customer_id: customer
  tickets.country: business
  tickets.body: text

roles:
  analyst_eu:
    rows:
      customers: country in ('DE', 'FR')
      orders: country in ('DE', 'FR')
    show: {business: clear, customer: hmac, phone: hmac, mail: partial, birth: year}
  support_us:
    rows:
      customers: country = 'US'
      orders: country = 'US'
      tickets: country = 'US'
    show: {business: clear, customer: clear, name: clear, mail: clear, phone: clear, text: clear}
  hr:
    rows: {salaries: "true"}
    show: {staff: clear, pay: clear}
  intern:
    rows: {orders: "true"}
    show: {business: clear}
""")

# %% other: one tag for whatever is treated alike, conditions written otherwise
lab.exercise("policy", """
classes:
  customers.country: open
  customers.segment: open
  orders.order_id: open
  orders.amount_cents: open
  orders.country: open
  tickets.ticket_id: desk
  tickets.customer_id: desk
  tickets.country: desk
  tickets.body: desk
  customers.name: desk
  customers.customer_id: joined
  orders.customer_id: joined
  customers.phone: joined
  customers.email: mail
  customers.birth_date: birth
  customers.iban: secret
  salaries.employee_id: hr
  salaries.employee: hr
  salaries.salary_cents: hr
roles:
  analyst_eu:
    rows:
      customers: country = 'DE' or country = 'FR'
      orders: country = 'FR' or country = 'DE'
    show: {open: clear, joined: hmac, mail: partial, birth: year}
  support_us:
    rows: {customers: "'US' = country", orders: "country in ('US')", tickets: "country like 'US'"}
    show: {open: clear, joined: clear, desk: clear, mail: clear}
  hr:
    rows: {salaries: "1 = 1"}
    show: {hr: clear}
  intern:
    rows: {orders: "order_id is null or order_id is not null"}
    show: {open: clear}
""")

# %% other: a tag for each column, and classes for what nobody sees left out
lab.exercise("policy", """
classes: {customers.customer_id: c1, customers.name: c2, customers.email: c3, customers.phone: c4,
  customers.birth_date: c5, customers.country: c7, customers.segment: c8,
  orders.order_id: o1, orders.customer_id: o2, orders.amount_cents: o3, orders.country: o4,
  salaries.employee_id: s1, salaries.employee: s2, salaries.salary_cents: s3,
  tickets.ticket_id: t1, tickets.customer_id: t2, tickets.country: t3, tickets.body: t4}
roles:
  analyst_eu:
    rows: {customers: "country in ('FR', 'DE')", orders: "country in ('FR', 'DE')"}
    show: {c1: hmac, c3: partial, c4: hmac, c5: year, c7: clear, c8: clear,
           o1: clear, o2: hmac, o3: clear, o4: clear}
  support_us:
    rows: {customers: "country = 'US'", orders: "country = 'US'", tickets: "country = 'US'"}
    show: {c1: clear, c2: clear, c3: clear, c4: clear, c7: clear, c8: clear,
           o1: clear, o2: clear, o3: clear, o4: clear, t1: clear, t2: clear, t3: clear, t4: clear}
  hr: {rows: {salaries: "true"}, show: {s1: clear, s2: clear, s3: clear}}
  intern: {rows: {orders: "true"}, show: {o1: clear, o3: clear, o4: clear}}
""")

# %% other: a wildcard that hides, and a role that nobody asked for
lab.exercise("policy", """
classes:
  "*": unclassified
  customers.customer_id: customer
  orders.customer_id: customer
  tickets.customer_id: customer
  customers.name: name
  customers.email: mail
  customers.phone: phone
  customers.birth_date: birth
  customers.iban: bank
  customers.country: business
  customers.segment: business
  orders.order_id: business
  orders.amount_cents: business
  orders.country: business
  salaries.employee_id: staff
  salaries.employee: staff
  salaries.salary_cents: staff
  tickets.ticket_id: business
  tickets.country: business
  tickets.body: text
roles:
  nobody: {}
  intern:
    rows: {orders: "true"}
    show: {business: clear}
  hr:
    rows: {salaries: "true"}
    show: {staff: clear}
  analyst_eu:
    rows: {customers: "country in ('DE', 'FR')", orders: "country in ('DE', 'FR')"}
    show: {business: clear, customer: hmac, phone: hmac, mail: partial, birth: year}
  support_us:
    rows: {customers: "country = 'US'", orders: "country = 'US'", tickets: "country = 'US'"}
    show: {business: clear, customer: clear, name: clear, mail: clear, phone: clear, text: clear}
""")
