# %% other: exact search with a bound: a bundle is taken or left
def field(one, *words):
    for word in words:
        if word in one:
            return one[word]
    for word in words:
        for key in one:
            if word in key:
                return one[key]
    raise KeyError(f"{sorted(one)}: none of {words}")


def worth_of(one):
    p10, p50, p90 = (float(field(one, word)) for word in ("p10", "p50", "p90"))
    return 0.3 * p10 + 0.4 * p50 + 0.3 * p90 - float(field(one, "run_cost", "run", "cost") or 0)


def with_needs(name, needs):
    """It, all that it needs, and all that these need; None if something is not on offer."""
    seen, todo = set(), [name]
    while todo:
        one = todo.pop()
        if one not in needs:
            return None
        if one not in seen:
            seen.add(one)
            todo += needs[one]
    return frozenset(seen)


def solve(worth, days, needs, capacity):
    """The best plan that fits: take one with all that it needs, or leave it for good; cut by a bound."""
    bundle = {name: with_needs(name, needs) for name in worth}
    order = sorted((name for name in worth if bundle[name]),
                   key=lambda name: -worth[name] / max(days[name], 1e-9))
    best = [0.0, frozenset()]

    def bound(at, taken, left):
        more = 0.0
        for name in order[at:]:
            if name in taken:
                continue
            if worth[name] <= 0:
                break
            if days[name] > left:
                return more + worth[name] * left / days[name]
            left -= days[name]
            more += worth[name]
        return more

    def walk(at, taken, never, left, value):
        if value > best[0] + 1e-6:
            best[:] = [value, taken]
        while at < len(order) and order[at] in taken:
            at += 1
        if at == len(order) or value + bound(at, taken, left) <= best[0] + 1e-6:
            return
        new = bundle[order[at]] - taken
        effort = sum(days[name] for name in new)
        if effort <= left and not new & never:
            walk(at + 1, taken | new, never, left - effort, value + sum(worth[name] for name in new))
        walk(at + 1, taken, never | {order[at]}, left, value)

    walk(0, frozenset(), frozenset(), capacity, 0.0)
    return best[1]


@lab.exercise("portfolio")
def choose(initiatives, capacity):
    """The ids of the plan that is worth most"""
    worth = {one["id"]: worth_of(one) for one in initiatives}
    days = {one["id"]: one["effort_days"] for one in initiatives}
    needs = {one["id"]: list(one["needs"] or []) for one in initiatives}
    return sorted(solve(worth, days, needs, capacity))

# %% other: dynamic programming over what later ones still need
from collections import defaultdict
from graphlib import TopologicalSorter


def field(one, *words):
    for word in words:
        if word in one:
            return one[word]
    for word in words:
        for key in one:
            if word in key:
                return one[key]
    raise KeyError(f"{sorted(one)}: none of {words}")


def worth_of(one):
    p10, p50, p90 = (float(field(one, word)) for word in ("p10", "p50", "p90"))
    return 0.3 * p10 + 0.4 * p50 + 0.3 * p90 - float(field(one, "run_cost", "run", "cost") or 0)


def frontier(points):
    """Of (days, worth, plan) those that no other one beats in both."""
    kept = []
    for point in sorted(points, key=lambda point: (point[0], -point[1])):
        if not kept or point[1] > kept[-1][1] + 1e-9:
            kept.append(point)
    return kept


@lab.exercise("portfolio")
def choose(initiatives, capacity):
    """Dynamic programming: what it needs comes first; a state is what later ones still ask for"""
    by_id = {one["id"]: one for one in initiatives}
    needs = {name: set(one["needs"] or []) for name, one in by_id.items()}
    order = [name for name in TopologicalSorter(needs).static_order() if name in by_id]
    last = {}
    for at, name in enumerate(order):
        for need in needs[name]:
            last[need] = at

    states = {frozenset(): [(0, 0.0, ())]}
    for at, name in enumerate(order):
        effort, worth = by_id[name]["effort_days"], worth_of(by_id[name])
        new = defaultdict(list)
        for taken, points in states.items():
            without = frozenset(one for one in taken if last[one] > at)
            new[without] += points
            if needs[name] <= taken:
                with_it = without | {name} if name in last else without
                new[with_it] += [
                    (days + effort, value + worth, plan + (name,))
                    for days, value, plan in points
                    if days + effort <= capacity
                ]
        states = {taken: frontier(points) for taken, points in new.items() if points}
    best = max((point for points in states.values() for point in points), key=lambda point: point[1])
    return list(best[2]) if best[1] > 0 else []

# %% other: groups by needs, all plans of each, then a knapsack of groups
from graphlib import TopologicalSorter


def field(one, *words):
    for word in words:
        if word in one:
            return one[word]
    for word in words:
        for key in one:
            if word in key:
                return one[key]
    raise KeyError(f"{sorted(one)}: none of {words}")


def worth_of(one):
    p10, p50, p90 = (float(field(one, word)) for word in ("p10", "p50", "p90"))
    return 0.3 * p10 + 0.4 * p50 + 0.3 * p90 - float(field(one, "run_cost", "run", "cost") or 0)


def frontier(points):
    kept = []
    for point in sorted(points, key=lambda point: (point[0], -point[1])):
        if not kept or point[1] > kept[-1][1] + 1e-9:
            kept.append(point)
    return kept


@lab.exercise("portfolio")
def choose(initiatives, capacity):
    """Groups that hang together by their needs: all plans of each group, then one plan of each"""
    by_id = {one["id"]: one for one in initiatives}
    needs = {name: set(one["needs"] or []) for name, one in by_id.items()}

    group = {name: name for name in by_id}

    def root(name):
        while group[name] != name:
            name = group[name]
        return name

    for name in by_id:
        for need in needs[name]:
            if need in by_id:
                group[root(name)] = root(need)

    order = [name for name in TopologicalSorter(needs).static_order() if name in by_id]
    members = {}
    for name in order:
        members.setdefault(root(name), []).append(name)

    total = [(0, 0.0, frozenset())]
    for names in members.values():
        plans = [(0, 0.0, frozenset())]
        for name in names:
            effort, worth = by_id[name]["effort_days"], worth_of(by_id[name])
            plans += [
                (days + effort, value + worth, plan | {name})
                for days, value, plan in plans
                if needs[name] <= plan and days + effort <= capacity
            ]
        plans = frontier(plans)
        total = frontier(
            (days + more, value + worth, done | plan)
            for days, value, done in total
            for more, worth, plan in plans
            if days + more <= capacity
        )
    return list(max(total, key=lambda point: point[1])[2])

# %% other: bundle by bundle, the most worth a day first
def field(one, *words):
    for word in words:
        if word in one:
            return one[word]
    for word in words:
        for key in one:
            if word in key:
                return one[key]
    raise KeyError(f"{sorted(one)}: none of {words}")


def worth_of(one):
    p10, p50, p90 = (float(field(one, word)) for word in ("p10", "p50", "p90"))
    return 0.3 * p10 + 0.4 * p50 + 0.3 * p90 - float(field(one, "run_cost", "run", "cost") or 0)


def with_needs(name, needs):
    """It, all that it needs, and all that these need; None if something is not on offer."""
    seen, todo = set(), [name]
    while todo:
        one = todo.pop()
        if one not in needs:
            return None
        if one not in seen:
            seen.add(one)
            todo += needs[one]
    return frozenset(seen)


def greedy(worth, days, needs, capacity):
    """Whatever is worth most a day, with all that it needs, as long as it fits."""
    bundle = {name: with_needs(name, needs) for name in worth}
    plan = set()
    while True:
        best = None
        for name in worth:
            new = (bundle[name] or set()) - plan
            effort, value = sum(days[one] for one in new), sum(worth[one] for one in new)
            if new and value > 0 and effort <= capacity:
                rate = value / max(effort, 1e-9)
                if best is None or rate > best[0]:
                    best = (rate, effort, new)
        if best is None:
            return plan
        capacity -= best[1]
        plan |= best[2]


@lab.exercise("portfolio")
def choose(initiatives, capacity):
    """The ids of the plan that is worth most"""
    worth = {one["id"]: worth_of(one) for one in initiatives}
    days = {one["id"]: one["effort_days"] for one in initiatives}
    needs = {one["id"]: list(one["needs"] or []) for one in initiatives}
    return sorted(greedy(worth, days, needs, capacity))
