# %% other: five expectations in one list
import great_expectations as gx
import great_expectations.expectations as gxe


@lab.exercise("first-suite")
def suite():
    """What is always true of a day's orders, for Great Expectations."""
    return gx.ExpectationSuite(name="orders", expectations=[
        gxe.ExpectTableRowCountToBeBetween(min_value=1, severity="critical"),
        gxe.ExpectColumnValuesToNotBeNull(column="order_id", severity="critical"),
        gxe.ExpectColumnValuesToNotBeNull(column="amount", severity="critical"),
        gxe.ExpectColumnValuesToBeBetween(column="amount", min_value=0, severity="critical"),
        gxe.ExpectColumnValuesToBeUnique(column="order_id", severity="warning"),
    ]).to_json_dict()

# %% other: the minimum of the column instead of each value; default severity
import great_expectations as gx
import great_expectations.expectations as gxe


@lab.exercise("first-suite")
def suite():
    """What is always true of a day's orders, for Great Expectations."""
    needed = ("order_id", "amount")
    asked = [gxe.ExpectTableRowCountToBeBetween(min_value=1)]  # severity: critical by default
    asked += [gxe.ExpectColumnValuesToNotBeNull(column=name) for name in needed]
    asked.append(gxe.ExpectColumnMinToBeBetween(column="amount", min_value=0))
    asked.append(gxe.ExpectColumnValuesToBeUnique(column="order_id", severity="warning"))
    return gx.ExpectationSuite(name="orders", expectations=asked).to_json_dict()

# %% other: rules as data, added to an empty suite
import great_expectations as gx
import great_expectations.expectations as gxe


@lab.exercise("first-suite")
def suite():
    """What is always true of a day's orders, for Great Expectations."""
    orders = gx.ExpectationSuite(name="orders", expectations=[])
    for severity, kind, options in RULES:
        orders.add_expectation(getattr(gxe, kind)(severity=severity, **options))
    return orders.to_json_dict()


RULES = [
    ("critical", "ExpectTableRowCountToBeBetween", {"min_value": 1, "max_value": None}),
    ("critical", "ExpectColumnValuesToNotBeNull", {"column": "order_id", "mostly": 1.0}),
    ("critical", "ExpectColumnValuesToNotBeNull", {"column": "amount", "mostly": 1.0}),
    ("critical", "ExpectColumnValuesToBeBetween", {"column": "amount", "min_value": 0.0, "mostly": 1.0}),
    ("warning", "ExpectColumnValuesToBeUnique", {"column": "order_id"}),
]
