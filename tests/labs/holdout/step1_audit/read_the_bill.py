# %% other: the starter, corrected line by line, block style
lab.exercise("read-the-bill", """
dearest: product       # the window needs the whole year before the filter
files:
  support: 365         # occurred_at is no folder
  sales: 7             # 28 June to 4 July, both ends count
  finance: 31          # DuckDB sees through date_trunc: August
  marketing: 365
  product: 365         # the filter stands outside of the window
""")

# %% other: one line of YAML in flow style
lab.exercise("read-the-bill", """
{dearest: product, files: {marketing: 365, sales: 7, product: 365, support: 365, finance: 31}}
""")

# %% other: anchor and aliases, other order of keys, quoted string
lab.exercise("read-the-bill", """
# three of five open the whole lake
files:
  marketing: &all 365
  product: *all
  support: *all
  finance: 31
  sales: 7
dearest: 'product'
""")

# %% other: JSON (which is YAML), with a note of its own ("nothing else is judged")
lab.exercise("read-the-bill", """
{
  "dearest": "product",
  "files": {"marketing": 365, "sales": 7, "product": 365, "support": 365, "finance": 31},
  "why": {
    "product": "row_number partitions by customer, so no day can be left out before it; six columns' worth of pages",
    "support": "occurred_at does not name a folder",
    "finance": "this engine turns date_trunc into a range"
  }
}
""")
