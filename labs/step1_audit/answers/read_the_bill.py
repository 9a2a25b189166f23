# %% reference
lab.exercise("read-the-bill", """
dearest: product
files:
  support: 365
  sales: 7
  finance: 31
  marketing: 365
  product: 365
""")

# %% other: JSON, which is YAML as well
lab.exercise("read-the-bill", """
{"files": {"product": 365, "marketing": 365, "finance": 31, "sales": 7, "support": 365},
 "dearest": "product"}
""")

# %% other: in one line each, with quotes and remarks
lab.exercise("read-the-bill", text="""
# a day is a file
files: {sales: 7, finance: 31, support: 365, product: 365, marketing: 365}
dearest: 'product'   # the window needs all rows
""")

# %% other: quoted numbers, and a key that says why
lab.exercise("read-the-bill", """
why: product numbers all rows of a customer before its filter looks
dearest: "product"
files: {support: "365", sales: '7', finance: "31", marketing: "365", product: "365"}
""")
