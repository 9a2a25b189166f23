# %% other: a tag of its own for every column
lab.exercise("policy", """
classes:
  customers.customer_id: customers_customer_id
  customers.phone: customers_phone
  customers.name: customers_name
  customers.email: customers_email
  customers.birth_date: customers_birth_date
  customers.iban: customers_iban
  customers.country: customers_country
  customers.segment: customers_segment
  orders.order_id: orders_order_id
  orders.amount_cents: orders_amount_cents
  orders.country: orders_country
  orders.customer_id: orders_customer_id
  salaries.employee_id: salaries_employee_id
  salaries.employee: salaries_employee
  salaries.salary_cents: salaries_salary_cents
  tickets.ticket_id: tickets_ticket_id
  tickets.customer_id: tickets_customer_id
  tickets.country: tickets_country
  tickets.body: tickets_body
roles:
  analyst_eu:
    rows:
      customers: country in ('DE', 'FR')
      orders: country in ('DE', 'FR')
    show:
      customers_customer_id: hmac
      customers_phone: hmac
      customers_email: partial
      customers_birth_date: year
      customers_country: clear
      customers_segment: clear
      orders_order_id: clear
      orders_amount_cents: clear
      orders_country: clear
      orders_customer_id: hmac
  support_us:
    rows:
      customers: country = 'US'
      orders: country = 'US'
      tickets: country = 'US'
    show:
      customers_customer_id: clear
      customers_phone: clear
      customers_name: clear
      customers_email: clear
      customers_country: clear
      customers_segment: clear
      orders_order_id: clear
      orders_amount_cents: clear
      orders_country: clear
      orders_customer_id: clear
      tickets_ticket_id: clear
      tickets_customer_id: clear
      tickets_country: clear
      tickets_body: clear
  hr:
    rows:
      salaries: "true"
    show:
      salaries_employee_id: clear
      salaries_employee: clear
      salaries_salary_cents: clear
  intern:
    rows:
      orders: "true"
    show:
      orders_order_id: clear
      orders_amount_cents: clear
      orders_country: clear
""")


# %% other: tags by audience, anchors and merge keys, roles first
lab.exercise("policy", """
roles:
  intern: {rows: {orders: "true"}, show: &of_orders {order_facts: clear}}
  hr: {rows: {salaries: "true"}, show: {pay: clear}}
  support_us:
    rows: {customers: &austin "country = 'US'", orders: *austin, tickets: *austin}
    show:
      <<: *of_orders
      facts: clear
      joins: clear
      support_only: clear
      address: clear
      ticket: clear
  analyst_eu:
    rows: {customers: &berlin "(country = 'DE' or country = 'FR')", orders: *berlin}
    show:
      <<: *of_orders
      facts: clear
      joins: hmac
      address: partial
      birth: year
classes:
  orders.order_id: order_facts
  orders.amount_cents: order_facts
  orders.country: order_facts
  orders.customer_id: joins
  customers.customer_id: joins
  customers.phone: joins
  customers.name: support_only
  customers.email: address
  customers.birth_date: birth
  customers.iban: bank
  customers.country: facts
  customers.segment: facts
  salaries.employee_id: pay
  salaries.employee: pay
  salaries.salary_cents: pay
  tickets.ticket_id: ticket
  tickets.customer_id: ticket
  tickets.country: ticket
  tickets.body: ticket
""")


# %% other: whatever nobody has looked at gets a tag that nobody is shown
lab.exercise("policy", """
classes:
  "*": nobody_has_looked
  customers.customer_id: person_key
  customers.phone: phone
  customers.name: name
  customers.email: mail
  customers.birth_date: birth
  customers.country: market
  customers.segment: market
  orders.order_id: sale
  orders.amount_cents: sale
  orders.country: sale
  orders.customer_id: buyer
  salaries.employee_id: staff
  salaries.employee: staff
  salaries.salary_cents: staff
  tickets.ticket_id: ticket
  tickets.customer_id: ticket
  tickets.country: ticket
  tickets.body: letter
roles:
  analyst_eu:
    rows: {customers: "coalesce(country = 'DE' or country = 'FR', false)", orders: "coalesce(country = 'FR' or country = 'DE', false)"}
    show: {person_key: hmac, phone: hmac, mail: partial, birth: year, market: clear, sale: clear, buyer: hmac}
  support_us:
    rows: {customers: "country = 'US'", orders: "country = 'US'", tickets: "country = 'US'"}
    show: {person_key: clear, phone: clear, name: clear, mail: clear, market: clear, sale: clear, buyer: clear, ticket: clear, letter: clear}
  hr: {rows: {salaries: "true"}, show: {staff: clear}}
  intern: {rows: {orders: "true"}, show: {sale: clear}}
""")


# %% other: the empty cells written out as row conditions that never hold
lab.exercise("policy", """
classes:
  customers.customer_id: person_key
  customers.phone: phone
  customers.name: name
  customers.email: mail
  customers.birth_date: birth
  customers.iban: bank
  customers.country: market
  customers.segment: market
  orders.order_id: sale
  orders.amount_cents: sale
  orders.country: sale
  orders.customer_id: buyer
  salaries.employee_id: staff
  salaries.employee: staff
  salaries.salary_cents: staff
  tickets.ticket_id: ticket
  tickets.customer_id: ticket
  tickets.country: ticket
  tickets.body: letter
roles:
  analyst_eu:
    rows: {customers: "country in ('DE', 'FR')", orders: "country in ('DE', 'FR')", salaries: "false", tickets: "1 = 0"}
    show: {person_key: hmac, phone: hmac, mail: partial, birth: year, market: clear, sale: clear, buyer: hmac}
  support_us:
    rows: {customers: "country = 'US'", orders: "country = 'US'", tickets: "country = 'US'", salaries: "false"}
    show: {person_key: clear, phone: clear, name: clear, mail: clear, market: clear, sale: clear, buyer: clear, ticket: clear, letter: clear}
  hr: {rows: {salaries: "1 = 1", customers: "false", orders: "false", tickets: "false"}, show: {staff: clear}}
  intern: {rows: {orders: "country is null or country is not null", customers: "false", salaries: "false", tickets: "false"}, show: {sale: clear}}
""")


# %% other: JSON text, rows by CASE and IS NOT DISTINCT FROM, the account number has no class
lab.exercise("policy", """
{
 "classes": {
  "customers.customer_id": "person_key",
  "customers.phone": "phone",
  "customers.name": "name",
  "customers.email": "mail",
  "customers.birth_date": "birth",
  "customers.country": "market",
  "customers.segment": "market",
  "orders.order_id": "sale",
  "orders.amount_cents": "sale",
  "orders.country": "sale",
  "orders.customer_id": "buyer",
  "salaries.employee_id": "staff",
  "salaries.employee": "staff",
  "salaries.salary_cents": "staff",
  "tickets.ticket_id": "ticket",
  "tickets.customer_id": "ticket",
  "tickets.country": "ticket",
  "tickets.body": "letter"
 },
 "roles": {
  "analyst_eu": {
   "rows": {
    "customers": "case country when 'DE' then true when 'FR' then true else false end",
    "orders": "case country when 'DE' then true when 'FR' then true else false end"
   },
   "show": {
    "person_key": "hmac",
    "phone": "hmac",
    "mail": "partial",
    "birth": "year",
    "market": "clear",
    "sale": "clear",
    "buyer": "hmac"
   }
  },
  "support_us": {
   "rows": {
    "customers": "country is not distinct from 'US'",
    "orders": "country is not distinct from 'US'",
    "tickets": "country is not distinct from 'US'"
   },
   "show": {
    "person_key": "clear",
    "phone": "clear",
    "name": "clear",
    "mail": "clear",
    "market": "clear",
    "sale": "clear",
    "buyer": "clear",
    "ticket": "clear",
    "letter": "clear"
   }
  },
  "hr": {
   "rows": {
    "salaries": "true"
   },
   "show": {
    "staff": "clear"
   }
  },
  "intern": {
   "rows": {
    "orders": "true"
   },
   "show": {
    "sale": "clear"
   }
  }
 }
}
""")


# %% wrong: a column without a class counts as a sale which three roles see -> new-column-shown
lab.exercise("policy", """
classes:
  "*": sale
  customers.customer_id: person_key
  customers.phone: phone
  customers.name: name
  customers.email: mail
  customers.birth_date: birth
  customers.iban: bank
  customers.country: market
  customers.segment: market
  orders.order_id: sale
  orders.amount_cents: sale
  orders.country: sale
  orders.customer_id: buyer
  salaries.employee_id: staff
  salaries.employee: staff
  salaries.salary_cents: staff
  tickets.ticket_id: ticket
  tickets.customer_id: ticket
  tickets.country: ticket
  tickets.body: letter
roles:
  analyst_eu:
    rows: {customers: "country in ('DE', 'FR')", orders: "country in ('DE', 'FR')"}
    show: {person_key: hmac, phone: hmac, mail: partial, birth: year, market: clear, sale: clear, buyer: hmac}
  support_us:
    rows: {customers: "country = 'US'", orders: "country = 'US'", tickets: "country = 'US'"}
    show: {person_key: clear, phone: clear, name: clear, mail: clear, market: clear, sale: clear, buyer: clear, ticket: clear, letter: clear}
  hr: {rows: {salaries: "true"}, show: {staff: clear}}
  intern: {rows: {orders: "true"}, show: {sale: clear}}
""")


# %% wrong: hr has the rows of every table including one that comes later -> rows-countable
lab.exercise("policy", """
classes:
  customers.customer_id: person_key
  customers.phone: phone
  customers.name: name
  customers.email: mail
  customers.birth_date: birth
  customers.iban: bank
  customers.country: market
  customers.segment: market
  orders.order_id: sale
  orders.amount_cents: sale
  orders.country: sale
  orders.customer_id: buyer
  salaries.employee_id: staff
  salaries.employee: staff
  salaries.salary_cents: staff
  tickets.ticket_id: ticket
  tickets.customer_id: ticket
  tickets.country: ticket
  tickets.body: letter
roles:
  analyst_eu:
    rows: {customers: "country in ('DE', 'FR')", orders: "country in ('DE', 'FR')"}
    show: {person_key: hmac, phone: hmac, mail: partial, birth: year, market: clear, sale: clear, buyer: hmac}
  support_us:
    rows: {customers: "country = 'US'", orders: "country = 'US'", tickets: "country = 'US'"}
    show: {person_key: clear, phone: clear, name: clear, mail: clear, market: clear, sale: clear, buyer: clear, ticket: clear, letter: clear}
  hr: {rows: {"*": "true"}, show: {staff: clear}}
  intern: {rows: {orders: "true"}, show: {sale: clear}}
""")


# %% wrong: hr is shown every tag including one that comes later on salaries -> new-tag-shown
lab.exercise("policy", """
classes:
  customers.customer_id: person_key
  customers.phone: phone
  customers.name: name
  customers.email: mail
  customers.birth_date: birth
  customers.iban: bank
  customers.country: market
  customers.segment: market
  orders.order_id: sale
  orders.amount_cents: sale
  orders.country: sale
  orders.customer_id: buyer
  salaries.employee_id: staff
  salaries.employee: staff
  salaries.salary_cents: staff
  tickets.ticket_id: ticket
  tickets.customer_id: ticket
  tickets.country: ticket
  tickets.body: letter
roles:
  analyst_eu:
    rows: {customers: "country in ('DE', 'FR')", orders: "country in ('DE', 'FR')"}
    show: {person_key: hmac, phone: hmac, mail: partial, birth: year, market: clear, sale: clear, buyer: hmac}
  support_us:
    rows: {customers: "country = 'US'", orders: "country = 'US'", tickets: "country = 'US'"}
    show: {person_key: clear, phone: clear, name: clear, mail: clear, market: clear, sale: clear, buyer: clear, ticket: clear, letter: clear}
  hr: {rows: {salaries: "true"}, show: {"*": clear}}
  intern: {rows: {orders: "true"}, show: {sale: clear}}
""")


# %% wrong: support sees the account number redacted where it should not see the column -> policy-shows
lab.exercise("policy", """
classes:
  customers.customer_id: person_key
  customers.phone: phone
  customers.name: name
  customers.email: mail
  customers.birth_date: birth
  customers.iban: bank
  customers.country: market
  customers.segment: market
  orders.order_id: sale
  orders.amount_cents: sale
  orders.country: sale
  orders.customer_id: buyer
  salaries.employee_id: staff
  salaries.employee: staff
  salaries.salary_cents: staff
  tickets.ticket_id: ticket
  tickets.customer_id: ticket
  tickets.country: ticket
  tickets.body: letter
roles:
  analyst_eu:
    rows: {customers: "country in ('DE', 'FR')", orders: "country in ('DE', 'FR')"}
    show: {person_key: hmac, phone: hmac, mail: partial, birth: year, market: clear, sale: clear, buyer: hmac}
  support_us:
    rows: {customers: "country = 'US'", orders: "country = 'US'", tickets: "country = 'US'"}
    show: {person_key: clear, phone: clear, name: clear, mail: clear, market: clear, sale: clear, buyer: clear, ticket: clear, letter: clear, bank: redact}
  hr: {rows: {salaries: "true"}, show: {staff: clear}}
  intern: {rows: {orders: "true"}, show: {sale: clear}}
""")


# %% wrong: the analyst sees the customer of an order in clear -> policy-shows
lab.exercise("policy", """
classes:
  customers.customer_id: person_key
  customers.phone: phone
  customers.name: name
  customers.email: mail
  customers.birth_date: birth
  customers.iban: bank
  customers.country: market
  customers.segment: market
  orders.order_id: sale
  orders.amount_cents: sale
  orders.country: sale
  orders.customer_id: buyer
  salaries.employee_id: staff
  salaries.employee: staff
  salaries.salary_cents: staff
  tickets.ticket_id: ticket
  tickets.customer_id: ticket
  tickets.country: ticket
  tickets.body: letter
roles:
  analyst_eu:
    rows: {customers: "country in ('DE', 'FR')", orders: "country in ('DE', 'FR')"}
    show: {person_key: hmac, phone: hmac, mail: partial, birth: year, market: clear, sale: clear, buyer: clear}
  support_us:
    rows: {customers: "country = 'US'", orders: "country = 'US'", tickets: "country = 'US'"}
    show: {person_key: clear, phone: clear, name: clear, mail: clear, market: clear, sale: clear, buyer: clear, ticket: clear, letter: clear}
  hr: {rows: {salaries: "true"}, show: {staff: clear}}
  intern: {rows: {orders: "true"}, show: {sale: clear}}
""")


# %% wrong: the analyst sees the end of a phone number where a token is due -> policy-shows
lab.exercise("policy", """
classes:
  customers.customer_id: person_key
  customers.phone: phone
  customers.name: name
  customers.email: mail
  customers.birth_date: birth
  customers.iban: bank
  customers.country: market
  customers.segment: market
  orders.order_id: sale
  orders.amount_cents: sale
  orders.country: sale
  orders.customer_id: buyer
  salaries.employee_id: staff
  salaries.employee: staff
  salaries.salary_cents: staff
  tickets.ticket_id: ticket
  tickets.customer_id: ticket
  tickets.country: ticket
  tickets.body: letter
roles:
  analyst_eu:
    rows: {customers: "country in ('DE', 'FR')", orders: "country in ('DE', 'FR')"}
    show: {person_key: hmac, phone: partial, mail: partial, birth: year, market: clear, sale: clear, buyer: hmac}
  support_us:
    rows: {customers: "country = 'US'", orders: "country = 'US'", tickets: "country = 'US'"}
    show: {person_key: clear, phone: clear, name: clear, mail: clear, market: clear, sale: clear, buyer: clear, ticket: clear, letter: clear}
  hr: {rows: {salaries: "true"}, show: {staff: clear}}
  intern: {rows: {orders: "true"}, show: {sale: clear}}
""")


# %% wrong: a misspelled lower case country counts for the analyst -> rows-shown
lab.exercise("policy", """
classes:
  customers.customer_id: person_key
  customers.phone: phone
  customers.name: name
  customers.email: mail
  customers.birth_date: birth
  customers.iban: bank
  customers.country: market
  customers.segment: market
  orders.order_id: sale
  orders.amount_cents: sale
  orders.country: sale
  orders.customer_id: buyer
  salaries.employee_id: staff
  salaries.employee: staff
  salaries.salary_cents: staff
  tickets.ticket_id: ticket
  tickets.customer_id: ticket
  tickets.country: ticket
  tickets.body: letter
roles:
  analyst_eu:
    rows: {customers: "upper(country) in ('DE', 'FR')", orders: "country in ('DE', 'FR')"}
    show: {person_key: hmac, phone: hmac, mail: partial, birth: year, market: clear, sale: clear, buyer: hmac}
  support_us:
    rows: {customers: "country = 'US'", orders: "country = 'US'", tickets: "country = 'US'"}
    show: {person_key: clear, phone: clear, name: clear, mail: clear, market: clear, sale: clear, buyer: clear, ticket: clear, letter: clear}
  hr: {rows: {salaries: "true"}, show: {staff: clear}}
  intern: {rows: {orders: "true"}, show: {sale: clear}}
""")


# %% wrong: a ticket of unknown country goes to support -> rows-shown
lab.exercise("policy", """
classes:
  customers.customer_id: person_key
  customers.phone: phone
  customers.name: name
  customers.email: mail
  customers.birth_date: birth
  customers.iban: bank
  customers.country: market
  customers.segment: market
  orders.order_id: sale
  orders.amount_cents: sale
  orders.country: sale
  orders.customer_id: buyer
  salaries.employee_id: staff
  salaries.employee: staff
  salaries.salary_cents: staff
  tickets.ticket_id: ticket
  tickets.customer_id: ticket
  tickets.country: ticket
  tickets.body: letter
roles:
  analyst_eu:
    rows: {customers: "country in ('DE', 'FR')", orders: "country in ('DE', 'FR')"}
    show: {person_key: hmac, phone: hmac, mail: partial, birth: year, market: clear, sale: clear, buyer: hmac}
  support_us:
    rows: {customers: "country = 'US'", orders: "country = 'US'", tickets: "coalesce(country, 'US') = 'US'"}
    show: {person_key: clear, phone: clear, name: clear, mail: clear, market: clear, sale: clear, buyer: clear, ticket: clear, letter: clear}
  hr: {rows: {salaries: "true"}, show: {staff: clear}}
  intern: {rows: {orders: "true"}, show: {sale: clear}}
""")


# %% wrong: support has every order that is not of Germany or France so new countries are theirs -> rows-shown
lab.exercise("policy", """
classes:
  customers.customer_id: person_key
  customers.phone: phone
  customers.name: name
  customers.email: mail
  customers.birth_date: birth
  customers.iban: bank
  customers.country: market
  customers.segment: market
  orders.order_id: sale
  orders.amount_cents: sale
  orders.country: sale
  orders.customer_id: buyer
  salaries.employee_id: staff
  salaries.employee: staff
  salaries.salary_cents: staff
  tickets.ticket_id: ticket
  tickets.customer_id: ticket
  tickets.country: ticket
  tickets.body: letter
roles:
  analyst_eu:
    rows: {customers: "country in ('DE', 'FR')", orders: "country in ('DE', 'FR')"}
    show: {person_key: hmac, phone: hmac, mail: partial, birth: year, market: clear, sale: clear, buyer: hmac}
  support_us:
    rows: {customers: "country = 'US'", orders: "country not in ('DE', 'FR')", tickets: "country = 'US'"}
    show: {person_key: clear, phone: clear, name: clear, mail: clear, market: clear, sale: clear, buyer: clear, ticket: clear, letter: clear}
  hr: {rows: {salaries: "true"}, show: {staff: clear}}
  intern: {rows: {orders: "true"}, show: {sale: clear}}
""")


# %% wrong: the intern sees tokens of the customers of orders -> policy-shows
lab.exercise("policy", """
classes:
  customers.customer_id: person_key
  customers.phone: phone
  customers.name: name
  customers.email: mail
  customers.birth_date: birth
  customers.iban: bank
  customers.country: market
  customers.segment: market
  orders.order_id: sale
  orders.amount_cents: sale
  orders.country: sale
  orders.customer_id: buyer
  salaries.employee_id: staff
  salaries.employee: staff
  salaries.salary_cents: staff
  tickets.ticket_id: ticket
  tickets.customer_id: ticket
  tickets.country: ticket
  tickets.body: letter
roles:
  analyst_eu:
    rows: {customers: "country in ('DE', 'FR')", orders: "country in ('DE', 'FR')"}
    show: {person_key: hmac, phone: hmac, mail: partial, birth: year, market: clear, sale: clear, buyer: hmac}
  support_us:
    rows: {customers: "country = 'US'", orders: "country = 'US'", tickets: "country = 'US'"}
    show: {person_key: clear, phone: clear, name: clear, mail: clear, market: clear, sale: clear, buyer: clear, ticket: clear, letter: clear}
  hr: {rows: {salaries: "true"}, show: {staff: clear}}
  intern: {rows: {orders: "true"}, show: {sale: clear, buyer: hmac}}
""")


# %% wrong: nobody reads the text of a ticket -> policy-hides
lab.exercise("policy", """
classes:
  customers.customer_id: person_key
  customers.phone: phone
  customers.name: name
  customers.email: mail
  customers.birth_date: birth
  customers.iban: bank
  customers.country: market
  customers.segment: market
  orders.order_id: sale
  orders.amount_cents: sale
  orders.country: sale
  orders.customer_id: buyer
  salaries.employee_id: staff
  salaries.employee: staff
  salaries.salary_cents: staff
  tickets.ticket_id: ticket
  tickets.customer_id: ticket
  tickets.country: ticket
  tickets.body: letter
roles:
  analyst_eu:
    rows: {customers: "country in ('DE', 'FR')", orders: "country in ('DE', 'FR')"}
    show: {person_key: hmac, phone: hmac, mail: partial, birth: year, market: clear, sale: clear, buyer: hmac}
  support_us:
    rows: {customers: "country = 'US'", orders: "country = 'US'", tickets: "country = 'US'"}
    show: {person_key: clear, phone: clear, name: clear, mail: clear, market: clear, sale: clear, buyer: clear, ticket: clear}
  hr: {rows: {salaries: "true"}, show: {staff: clear}}
  intern: {rows: {orders: "true"}, show: {sale: clear}}
""")


# %% wrong: the intern has the rows of customers though none of the columns -> rows-countable
lab.exercise("policy", """
classes:
  customers.customer_id: person_key
  customers.phone: phone
  customers.name: name
  customers.email: mail
  customers.birth_date: birth
  customers.iban: bank
  customers.country: market
  customers.segment: market
  orders.order_id: sale
  orders.amount_cents: sale
  orders.country: sale
  orders.customer_id: buyer
  salaries.employee_id: staff
  salaries.employee: staff
  salaries.salary_cents: staff
  tickets.ticket_id: ticket
  tickets.customer_id: ticket
  tickets.country: ticket
  tickets.body: letter
roles:
  analyst_eu:
    rows: {customers: "country in ('DE', 'FR')", orders: "country in ('DE', 'FR')"}
    show: {person_key: hmac, phone: hmac, mail: partial, birth: year, market: clear, sale: clear, buyer: hmac}
  support_us:
    rows: {customers: "country = 'US'", orders: "country = 'US'", tickets: "country = 'US'"}
    show: {person_key: clear, phone: clear, name: clear, mail: clear, market: clear, sale: clear, buyer: clear, ticket: clear, letter: clear}
  hr: {rows: {salaries: "true"}, show: {staff: clear}}
  intern: {rows: {orders: "true", customers: "true"}, show: {sale: clear}}
""")


# %% other: tags shared over tables (tickets and orders), YAML anchors, iban without a class, list_contains
lab.exercise("policy", """
# sensitivity levels shared over the tables; rows decide about the table
classes: {customers.customer_id: key, customers.phone: key, orders.customer_id: key, tickets.customer_id: key,
  customers.name: support, tickets.body: support, customers.email: reachable, customers.birth_date: age,
  customers.country: open, customers.segment: open, tickets.ticket_id: open, tickets.country: open,
  orders.order_id: open, orders.amount_cents: open, orders.country: open,
  salaries.employee_id: pay, salaries.employee: pay, salaries.salary_cents: pay}
roles:
  intern: {show: {open: clear}, rows: {orders: 'true'}}
  hr: {show: {pay: clear}, rows: {salaries: 'true'}}
  support_us: {show: {key: clear, support: clear, reachable: clear, open: clear}, rows: {customers: &us "country is not distinct from 'US'", orders: *us, tickets: *us}}
  analyst_eu: {show: {key: hmac, reachable: partial, age: year, open: clear}, rows: {customers: &eu "coalesce(list_contains(['DE', 'FR'], country), false)", orders: *eu}}
""")


# %% other: tags by kind
lab.exercise("policy", """
classes:
  customers.customer_id: customer
  customers.phone: customer
  customers.name: name
  customers.email: mail
  customers.birth_date: birth
  customers.iban: bank
  customers.country: business
  customers.segment: business
  orders.order_id: sale
  orders.amount_cents: sale
  orders.country: sale
  orders.customer_id: customer
  salaries.employee_id: staff
  salaries.employee: staff
  salaries.salary_cents: staff
  tickets.ticket_id: ticket
  tickets.customer_id: ticket
  tickets.country: ticket
  tickets.body: ticket
roles:
  analyst_eu:
    rows: {customers: "country in ('DE', 'FR')", orders: "country in ('DE', 'FR')"}
    show: {customer: hmac, mail: partial, birth: year, business: clear, sale: clear}
  support_us:
    rows: {customers: "country = 'US'", orders: "country = 'US'", tickets: "country = 'US'"}
    show: {customer: clear, name: clear, mail: clear, business: clear, sale: clear, ticket: clear}
  hr:
    rows: {salaries: "true"}
    show: {staff: clear}
  intern:
    rows: {orders: "true"}
    show: {sale: clear}
""")
