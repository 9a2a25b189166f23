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

# %% other: exact: depth-first branch and bound over closures
def field(one, start):
    """The column with this in its name: p10, p50, p90, run"""
    return one[next(name for name in one if start in name)]


def worth(one):
    return (0.3 * field(one, "p10") + 0.4 * field(one, "p50") + 0.3 * field(one, "p90")
            - field(one, "run"))


def closure(name, by_id):
    """What has to be in a plan with this one, itself included; None if it cannot be had."""
    seen, todo = set(), [name]
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        if name not in by_id:
            return None
        seen.add(name)
        todo += by_id[name]["needs"]
    return frozenset(seen)


@lab.exercise("portfolio")
def choose(initiatives, capacity):
    """The ids of the best plan: branch and bound, whole closures at a time."""
    by_id = {one["id"]: one for one in initiatives}
    value = {name: worth(one) for name, one in by_id.items()}
    days = {name: one["effort_days"] for name, one in by_id.items()}
    packs = {name: pack for name in sorted(by_id) if (pack := closure(name, by_id))}
    # the order in which they are decided; it changes how fast the best is found, not what it is
    order = sorted(packs, key=lambda name: (
        -sum(value[x] for x in packs[name]) / max(sum(days[x] for x in packs[name]), 1e-9), name))
    best = (0.0, frozenset())

    def bound(place, plan, out, left):
        """More than any plan from here on can bring: pieces of initiatives, needs forgotten."""
        rest = [name for name in order[place:] if name not in plan and name not in out and value[name] > 0]
        total = 0.0
        for name in sorted(rest, key=lambda name: -value[name] / max(days[name], 1e-9)):
            if days[name] <= left:
                total, left = total + value[name], left - days[name]
            else:
                total += value[name] * left / days[name]
                break
        return total

    def search(place, plan, out, left, total):
        nonlocal best
        if total > best[0] + 1e-9:
            best = (total, plan)
        while place < len(order) and (order[place] in plan or packs[order[place]] & out):
            place += 1
        if place == len(order) or total + bound(place, plan, out, left) <= best[0] + 1e-9:
            return
        new = packs[order[place]] - plan
        need = sum(days[name] for name in new)
        if need <= left:
            search(place + 1, plan | new, out, left - need, total + sum(value[name] for name in new))
        search(place + 1, plan, out | {order[place]}, left, total)

    search(0, frozenset(), frozenset(), capacity, 0.0)
    return sorted(best[1])

# %% other: exact: dynamic programming over days and the needs that are still open, circles contracted
def field(one, start):
    """The column with this in its name: p10, p50, p90, run"""
    return one[next(name for name in one if start in name)]


def worth(one):
    return (0.3 * field(one, "p10") + 0.4 * field(one, "p50") + 0.3 * field(one, "p90")
            - field(one, "run"))


@lab.exercise("portfolio")
def choose(initiatives, capacity):
    """The ids of the best plan: a table over days and over what later ones still need."""
    by_id = {one["id"]: one for one in initiatives}
    needs = {name: set(one["needs"]) for name, one in by_id.items()}
    grown = True
    while grown:  # what they need needs something, too
        grown = False
        for name in needs:
            wider = needs[name].union(*(needs.get(other, {other}) for other in needs[name]))
            grown = grown or wider != needs[name]
            needs[name] = wider
    possible = [name for name in needs if needs[name] <= set(by_id)]
    groups = []  # a circle of needs goes as one
    for name in sorted(possible):
        group = {name} | {other for other in needs[name] if name in needs[other]}
        if group not in groups:
            groups.append(group)
    groups.sort(key=lambda group: (len(set().union(*(needs[name] for name in group)) | group), sorted(group)))
    # states: (days used, those of the plan that somebody later needs) -> (worth, plan)
    states = {(0, frozenset()): (0.0, frozenset())}
    for place, group in enumerate(groups):
        asked = set().union(*(needs[name] for name in group)) - group
        cost = sum(by_id[name]["effort_days"] for name in group)
        gain = sum(worth(by_id[name]) for name in group)
        later = set().union(*(needs[name] for after in groups[place + 1:] for name in after))
        following = {}
        for (used, _), (total, plan) in states.items():
            options = [(used, total, plan)]
            if asked <= plan and used + cost <= capacity:
                options.append((used + cost, total + gain, plan | group))
            for days, sum_, chosen in options:
                key = (days, chosen & later)
                if key not in following or following[key][0] < sum_:
                    following[key] = (sum_, chosen)
        states = following
    total, plan = max(states.values(), key=lambda state: state[0])
    return list(plan) if total > 0 else []

# %% other: exact: best-first search with bit sets and a heap
import heapq
from itertools import count


class Quarter:
    """Initiatives without names: numbers, bits, worth and days."""

    def __init__(self, initiatives):
        self.ids = [one["id"] for one in initiatives]
        place = {name: number for number, name in enumerate(self.ids)}
        self.worth, self.days, self.needs = [], [], []
        for one in initiatives:
            [p10], [p50], [p90], [run] = ([one[name] for name in one if start in name]
                                          for start in ("p10", "p50", "p90", "run"))
            self.worth.append(0.3 * p10 + 0.4 * p50 + 0.3 * p90 - run)
            self.days.append(one["effort_days"])
            known = all(name in place for name in one["needs"])
            self.needs.append(sum(1 << place[name] for name in set(one["needs"])) if known else None)

    def with_needs(self, number):
        """The bits of an initiative and of all that it needs; None if something is not there."""
        bits, before = 1 << number, 0
        while bits != before:
            before = bits
            for other in range(len(self.ids)):
                if bits >> other & 1:
                    if self.needs[other] is None:
                        return None
                    bits |= self.needs[other]
        return bits

    def total(self, bits, of):
        return sum(of[number] for number in range(len(self.ids)) if bits >> number & 1)


@lab.exercise("portfolio")
def choose(initiatives, capacity):
    """The ids of the best plan: best first, from a heap, with what is still possible at most."""
    quarter = Quarter(initiatives)
    packs = [quarter.with_needs(number) for number in range(len(quarter.ids))]
    order = sorted((n for n, pack in enumerate(packs) if pack is not None),
                   key=lambda n: -quarter.worth[n] / max(quarter.days[n], 1e-9))

    def hope(bits, left):
        """Pieces of all that is not in yet: more than any plan from here on can bring."""
        more = 0.0
        for number in order:
            gain, days = quarter.worth[number], quarter.days[number]
            if gain <= 0:
                break
            if bits >> number & 1:
                continue
            if days > left:
                return more + gain * left / days
            more, left = more + gain, left - days
        return more

    ticket = count()
    heap = [(-hope(0, capacity), next(ticket), 0, 0)]
    # no initiative is decided against for good: it may still come in as a need of a later one
    best, best_bits = 0.0, 0
    while heap:
        promise, _, place, bits = heapq.heappop(heap)
        if -promise <= best + 1e-9:
            break
        worth, used = quarter.total(bits, quarter.worth), quarter.total(bits, quarter.days)
        if worth > best + 1e-9:
            best, best_bits = worth, bits
        if place == len(order):
            continue
        for wider in {bits, bits | packs[order[place]]}:
            used = quarter.total(wider, quarter.days)
            if used <= capacity:
                worth = quarter.total(wider, quarter.worth)
                promised = worth + hope(wider, capacity - used)
                if promised > best + 1e-9:
                    heapq.heappush(heap, (-promised, next(ticket), place + 1, wider))
    return [name for number, name in enumerate(quarter.ids) if best_bits >> number & 1]

# %% other: greedy by worth a day; its author took it for wrong
def field(one, start):
    """The column with this in its name: p10, p50, p90, run"""
    return one[next(name for name in one if start in name)]


def worth(one):
    return (0.3 * field(one, "p10") + 0.4 * field(one, "p50") + 0.3 * field(one, "p90")
            - field(one, "run"))


def closure(name, by_id):
    seen, todo = set(), [name]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += by_id[name]["needs"]
    return seen


@lab.exercise("portfolio")
def choose(initiatives, capacity):
    """The ids of the plan: whatever brings most a day, needs included, as long as there are days."""
    by_id = {one["id"]: one for one in initiatives}
    plan, left = set(), capacity
    while True:
        best = None
        for name in sorted(set(by_id) - plan):
            new = closure(name, by_id) - plan
            days = sum(by_id[x]["effort_days"] for x in new)
            gain = sum(worth(by_id[x]) for x in new)
            if gain > 0 and days <= left and (best is None or gain / max(days, 1e-9) > best[0]):
                best = (gain / max(days, 1e-9), new, days)
        if best is None:
            return sorted(plan)
        plan |= best[1]
        left -= best[2]
