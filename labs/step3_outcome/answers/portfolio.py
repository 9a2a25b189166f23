# %% reference
@lab.exercise("portfolio")
def choose(initiatives, capacity):
    """The ids of the plan that is worth most within the days that there are."""

    def worth(one):
        mean = 3 * one["p10_cents"] + 4 * one["p50_cents"] + 3 * one["p90_cents"]
        return mean / 10 - one["run_cost_cents"]

    plans = [[]]
    for one in initiatives:
        plans += [plan + [one] for plan in plans if days(plan + [one]) <= capacity]
    whole = [plan for plan in plans if ids(plan).issuperset(needs(plan))]
    return sorted(ids(max(whole, key=lambda plan: sum(map(worth, plan)))))


def days(plan):
    return sum(one["effort_days"] for one in plan)


def ids(plan):
    return {one["id"] for one in plan}


def needs(plan):
    return {need for one in plan for need in one["needs"]}

# %% other: takes what is worth most a day, each with all it needs
@lab.exercise("portfolio")
def choose(initiatives, capacity):
    known = {one["id"]: one for one in initiatives}

    def worth(ids):
        return sum(
            0.3 * known[i]["p10_cents"] + 0.4 * known[i]["p50_cents"]
            + 0.3 * known[i]["p90_cents"] - known[i]["run_cost_cents"]
            for i in ids
        )

    def with_needs(one):
        found, todo = set(), [one]
        while todo:
            found.add(todo[-1])
            todo = todo[:-1] + [need for need in known[todo[-1]]["needs"] if need not in found]
        return found

    chosen = set()
    while True:
        offers = []
        for one in known:
            new = with_needs(one) - chosen
            days = sum(known[i]["effort_days"] for i in new)
            if new and days <= capacity and worth(new) > 0:
                offers.append((worth(new) / days, sorted(new), days))
        if not offers:
            return list(chosen)
        _, new, days = max(offers)
        chosen, capacity = chosen | set(new), capacity - days

# %% other: an integer program, solved
@lab.exercise("portfolio")
def choose(initiatives, capacity):
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp

    place = {one["id"]: n for n, one in enumerate(initiatives)}
    values = np.array([[one[f"p{p}_cents"] for p in (10, 50, 90)] for one in initiatives])
    costs = np.array([one["run_cost_cents"] for one in initiatives])
    rows, most = [[one["effort_days"] for one in initiatives]], [capacity]
    for one in initiatives:
        for need in one["needs"]:
            row = [0] * len(place)
            row[place[one["id"]]], row[place[need]] = 1, -1
            rows.append(row)
            most.append(0)
    found = milp(
        costs - values @ [0.3, 0.4, 0.3],
        integrality=np.ones(len(place)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(np.array(rows), ub=most),
    )
    return [name for name, n in place.items() if found.x[n] > 0.5]

# %% other: all subsets as the rows of a matrix
import numpy as np


@lab.exercise("portfolio")
def choose(initiatives, capacity):
    names = [one["id"] for one in initiatives]
    number = len(names)
    subsets = (np.arange(2**number)[:, None] >> np.arange(number)) & 1
    worth = [
        3 * one["p10_cents"] + 4 * one["p50_cents"] + 3 * one["p90_cents"]
        - 10 * one["run_cost_cents"]
        for one in initiatives
    ]
    fits = subsets @ [one["effort_days"] for one in initiatives] <= capacity
    for n, one in enumerate(initiatives):
        for need in one["needs"]:
            fits &= subsets[:, n] <= subsets[:, names.index(need)]
    total = np.where(fits, subsets @ worth, -np.inf)
    return [name for name, taken in zip(names, subsets[total.argmax()]) if taken]

# %% other: take it or leave it, each after what it needs
@lab.exercise("portfolio")
def choose(initiatives, capacity):
    """The one after the other, with the days that are left."""
    known = {one["id"]: one for one in initiatives}
    order = []

    def queue(name):
        for need in known[name]["needs"]:
            queue(need)
        if name not in order:
            order.append(name)

    for name in known:
        queue(name)

    def best(n, left, taken):
        if n == len(order):
            return 0, taken
        one = known[order[n]]
        leave = best(n + 1, left, taken)
        if one["effort_days"] > left or not set(one["needs"]) <= set(taken):
            return leave
        ends = one["p10_cents"] + one["p90_cents"]
        worth = (3 * ends + 4 * one["p50_cents"]) / 10 - one["run_cost_cents"]
        value, ids = best(n + 1, left - one["effort_days"], taken + [order[n]])
        return max(leave, (value + worth, ids))

    return best(0, capacity, [])[1]
