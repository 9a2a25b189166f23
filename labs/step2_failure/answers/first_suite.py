# %% reference
import great_expectations as gx
import great_expectations.expectations as gxe


@lab.exercise("first-suite")
def suite():
    """What is always true of a day's orders, for Great Expectations."""
    return gx.ExpectationSuite(name="orders", expectations=[
        gxe.ExpectTableRowCountToBeBetween(min_value=1),
        gxe.ExpectColumnValuesToNotBeNull(column="order_id"),
        gxe.ExpectColumnValuesToNotBeNull(column="amount"),
        gxe.ExpectColumnValuesToBeBetween(column="amount", min_value=0),
        gxe.ExpectColumnValuesToBeUnique(column="order_id", severity="warning"),
    ]).to_json_dict()

# %% other: configurations by name, added one by one
import great_expectations as gx
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration


@lab.exercise("first-suite")
def suite():
    told = gx.ExpectationSuite(name="a day")
    for column in ("order_id", "amount"):
        told.add_expectation_configuration(
            ExpectationConfiguration(type="expect_column_values_to_not_be_null", kwargs={"column": column})
        )
    told.add_expectation_configuration(
        ExpectationConfiguration(type="expect_table_row_count_to_be_between", kwargs={"min_value": 1})
    )
    told.add_expectation_configuration(
        ExpectationConfiguration(type="expect_column_min_to_be_between", kwargs={"column": "amount", "min_value": 0})
    )
    told.add_expectation_configuration(ExpectationConfiguration(
        type="expect_column_values_to_be_unique", kwargs={"column": "order_id"}, severity="warning"
    ))
    return told.to_json_dict()

# %% other: the JSON written by hand, one entry a rule
RULES = [
    ("expect_table_row_count_to_be_between", {"min_value": 1, "max_value": None}, "critical"),
    ("expect_column_values_to_not_be_null", {"column": "amount", "mostly": 1.0}, "critical"),
    ("expect_column_values_to_not_be_null", {"column": "order_id"}, "critical"),
    ("expect_column_values_to_be_between", {"column": "amount", "min_value": 0}, "critical"),
    ("expect_column_values_to_be_unique", {"column": "order_id"}, "warning"),
]


@lab.exercise("first-suite")
def suite():
    return {"name": "orders", "expectations": [
        {"type": kind, "kwargs": kwargs, "severity": severity} for kind, kwargs, severity in RULES]}
