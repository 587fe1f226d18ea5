"""The subjects: bowls, cups, cutlery and plates, each a list of bodies (mesh, Mitsuba material) resting on z = 0."""

from dataclasses import dataclass, field, replace

import numpy as np

import food
import surfaces as s
from shapes import grid_mesh, joined, lathe, plate_profile, tube, vessel

# Materials and their shares, the same for every lathe-turned label.
FINISHES = ["gloss"] * 8 + ["satin"] * 4 + ["stoneware"] * 3 + ["enamel", "enamel", "wood", "metal", "glass"]


@dataclass
class Thing:
    """Bodies that belong together, the circle they stand in and the box the camera should see."""

    bodies: list = field(default_factory=list)
    radius: float = 1.0
    height: float = 1.0

    def moved(self, x, y, turn=0.0, z=0.0):
        return Thing(
            [(mesh.moved(x, y, z, turn), bsdf) for mesh, bsdf in self.bodies], self.radius, self.height
        )


def thing(bodies):
    return Thing(bodies, max(m.radius for m, _ in bodies), max(m.height for m, _ in bodies))


def dress(rng, profile, finish, paint=None):
    """Material of a lathe: (bsdf of the body, bsdf of parts that are glued on); `paint` names a kind of glaze."""
    base, ink = s.pick(rng, s.GLAZES), s.pick(rng, s.INKS)
    if finish == "wood":
        tones = [("#5a3720", "#a06a3c"), ("#8a5c30", "#cf9f66"), ("#3a2418", "#6f482c")][rng.integers(3)]
        rough = rng.uniform(0.2, 0.4)
        return s.varnished(s.wood_turned(rng, profile, tones), rough), s.varnished(
            s.mix(*map(s.colour, tones), 0.5), rough
        )
    if finish == "metal":
        bsdf = s.metal(
            ["steel", "brushed steel", "copper", "brass"][rng.integers(4)], rng.uniform(0.02, 0.12)
        )
        return bsdf, bsdf
    if finish == "glass":
        tint = [(1, 1, 1), (0.93, 0.99, 0.95), (0.98, 0.93, 0.85), (0.85, 0.93, 1.0)][rng.integers(4)]
        return s.glass(tint), s.glass(tint)
    if finish == "enamel":
        base = s.pick(rng, ["#f4f1ea", "#efe9d8", "#9fb3bf", "#c44a3c", "#2f4f6f", "#7fa08a"])
        ink = s.pick(rng, ["#1f2f4a", "#26262a", "#20487f", "#8c2f2a"])
        return s.varnished(s.glaze(rng, profile, "enamel", base, ink), 0.05), s.varnished(base, 0.05)
    kind = paint or s.GLAZE_KINDS[rng.integers(len(s.GLAZE_KINDS))]
    if kind in ("rim", "bands", "dots", "flowers", "transfer") and rng.uniform() < 0.6:
        base = s.pick(rng, s.GLAZES[:4])
    if finish == "stoneware":
        kind = ["speckled", "dipped", "reactive", "plain", "two-tone"][rng.integers(5)]
    rough = {
        "gloss": rng.uniform(0.03, 0.07),
        "satin": rng.uniform(0.12, 0.22),
        "stoneware": rng.uniform(0.3, 0.5),
    }[finish]
    tone = ink if kind == "two-tone" or (kind in ("stripes", "dipped") and rng.uniform() < 0.5) else base
    return s.varnished(s.glaze(rng, profile, kind, base, ink), rough), s.varnished(tone, rough)


def wobble(rng, amount):
    """The slight unevenness of something thrown by hand."""
    p, q = rng.uniform(0, 6.28, 2)
    return lambda theta, w: 1 + amount * w**2 * (np.sin(2 * theta + p) + 0.6 * np.sin(3 * theta + q))


# ---------------------------------------------------------------- cups


def handle(rng, profile, height, style):
    """A handle in the xz plane on the +x side, its ends inside the wall."""
    top, bottom = height * rng.uniform(0.78, 0.88), height * rng.uniform(0.18, 0.34)
    if style == "ring":
        top, bottom = height * 0.8, height * 0.36
    reach = (top - bottom) * {"c": 0.5, "d": 0.46, "ear": 0.58, "ring": 0.58}[style] * rng.uniform(0.85, 1.1)
    power = {"c": 0.9, "d": 0.45, "ear": 0.8, "ring": 1.0}[style]
    phi = np.linspace(np.pi / 2, -np.pi / 2, 44)
    out = np.sign(np.cos(phi)) * np.abs(np.cos(phi)) ** power
    up = np.sign(np.sin(phi)) * np.abs(np.sin(phi)) ** (power if style == "d" else 1.0)
    if style == "ear":
        out = out * (1 + 0.35 * up)
    z = (top + bottom) / 2 + (top - bottom) / 2 * up
    wall = np.interp(z, [bottom, top], [profile.outside_radius(bottom), profile.outside_radius(top)])
    path = np.stack([wall + reach * out, 0 * z, z], -1)
    path = np.concatenate([[path[0] - [0.22, 0, 0]], path, [path[-1] - [0.22, 0, 0]]])
    width = rng.uniform(0.75, 1.35) * height / 9.5
    thick = rng.uniform(0.5, 0.8) * height / 9.5
    ends = 1 + 0.3 * np.abs(np.linspace(-1, 1, len(path))) ** 6
    return tube(path, width * ends, thick * ends, rng.uniform(2, 3.5))


def cup(rng, kind, finish, paint=None):
    scale = rng.uniform(0.93, 1.07)
    foot, thickness, style = 0.0, rng.uniform(0.3, 0.45), ["c", "d", "ear"][rng.integers(3)]
    if kind == "mug":
        height, top = rng.uniform(8.5, 10.5), rng.uniform(3.9, 4.5)
        profile = vessel(
            top, top * rng.uniform(0.92, 1.02), height, 1.0, rng.uniform(-0.1, 0.2), 0, thickness
        )
    elif kind == "tapered":
        height, top = rng.uniform(8.5, 11), rng.uniform(4.1, 4.7)
        profile = vessel(
            top,
            top * rng.uniform(0.62, 0.8),
            height,
            rng.uniform(0.8, 1.2),
            0,
            rng.uniform(0, 0.2),
            thickness,
        )
    elif kind == "barrel":
        height, top = rng.uniform(8, 9.5), rng.uniform(3.7, 4.1)
        profile = vessel(
            top,
            top * rng.uniform(0.8, 0.95),
            height,
            1.0,
            rng.uniform(0.6, 1.0),
            rng.uniform(0, 0.25),
            thickness,
        )
    elif kind == "teacup":
        height, top, foot = rng.uniform(5.6, 6.6), rng.uniform(4.4, 5.0), 0.5
        profile = vessel(top, 2.2, height, rng.uniform(0.45, 0.6), 0, rng.uniform(0, 0.35), 0.26, foot)
        style = ["ear", "ring", "c"][rng.integers(3)]
    elif kind == "cappuccino":
        height, top, foot = rng.uniform(6.2, 7), rng.uniform(4.6, 5.1), 0.3
        profile = vessel(top, 2.8, height, rng.uniform(0.4, 0.5), 0.1, 0, 0.45, foot)
        style = ["ring", "c"][rng.integers(2)]
    elif kind == "espresso":
        height, top = rng.uniform(5.2, 6), rng.uniform(2.9, 3.2)
        profile = vessel(top, 2.1, height, 0.75, 0.1, 0, 0.38)
        style = ["ring", "d"][rng.integers(2)]
    elif kind == "enamel mug":
        height, top = rng.uniform(7.5, 8.5), rng.uniform(4.0, 4.4)
        profile, style = vessel(top, top * 0.99, height, 1.0, 0, 0.12, 0.16), "d"
    else:  # a tumbler or yunomi, without a handle
        height, top, style = rng.uniform(8.2, 10), rng.uniform(3.4, 3.9), None
        profile = vessel(
            top, top * rng.uniform(0.72, 0.9), height, rng.uniform(0.5, 1), rng.uniform(0, 0.3), 0, thickness
        )
    body, parts = dress(rng, profile, finish, paint)
    mesh = lathe(profile, modulation=wobble(rng, 0.008) if finish == "stoneware" else None)
    bodies = [(mesh, body)]
    if style is not None:
        bodies.append((handle(rng, profile, height, style), parts))
    drink = rng.uniform()
    if drink < 0.62:
        bodies += food.drink(rng, profile, height * rng.uniform(0.68, 0.88))
    bodies = [(m.moved(scale=scale), b) for m, b in bodies]
    out = thing(bodies)
    if kind in ("teacup", "cappuccino", "espresso") and rng.uniform() < 0.75:
        r = top * rng.uniform(1.5, 1.7)
        saucer = plate_profile(r, r * 0.42, 0.35, 0.9, 0.3, coupe=rng.uniform() < 0.5)
        lift = saucer.inside_height(1.0)
        match = body if finish in ("metal", "glass") else dress(rng, saucer, finish)[0]
        bodies = [(m.moved(z=lift + 0.005), b) for m, b in bodies] + [(lathe(saucer), match)]
        out = thing(bodies)
    return out


CUPS = [
    "mug",
    "tapered",
    "teacup",
    "barrel",
    "mug",
    "cappuccino",
    "tapered",
    "enamel mug",
    "espresso",
    "tumbler",
    "mug",
]


# ---------------------------------------------------------------- bowls


def bowl(rng, kind, finish, paint=None):
    foot = rng.uniform(0.4, 0.9)
    thickness = 0.9 if finish == "wood" else 0.18 if finish in ("enamel", "metal") else rng.uniform(0.32, 0.5)
    if kind == "cereal":
        top, height = rng.uniform(7, 7.8), rng.uniform(6.6, 7.8)
        profile = vessel(top, 3.4, height, rng.uniform(0.38, 0.5), 0, rng.uniform(0, 0.2), thickness, foot)
    elif kind == "rice":
        top, height = rng.uniform(5.8, 6.5), rng.uniform(5.6, 6.4)
        profile = vessel(top, 2.7, height, rng.uniform(0.42, 0.5), 0, 0, thickness, 0.9)
    elif kind == "salad":
        top, height = rng.uniform(10.5, 12), rng.uniform(8.8, 10)
        profile = vessel(top, 4.6, height, rng.uniform(0.4, 0.5), 0, 0, thickness, foot)
    elif kind == "mixing":
        top, height = rng.uniform(9, 10.5), rng.uniform(8.8, 10)
        profile = vessel(top, 5, height, rng.uniform(0.5, 0.65), 0, 0.4, thickness)
    else:  # ramen: a cone
        top, height = rng.uniform(8.2, 9.2), rng.uniform(7.4, 8.4)
        profile = vessel(top, 3.2, height, rng.uniform(0.52, 0.68), 0, 0.2, thickness, 0.9)
    body, _ = dress(rng, profile, finish, paint)
    modulation = wobble(rng, 0.012) if finish == "stoneware" else None
    if finish in ("gloss", "satin") and rng.uniform() < 0.2:
        lobes = rng.integers(8, 20)
        modulation = lambda theta, w: 1 + 0.022 * w**3 * np.abs(np.cos(lobes * theta / 2))  # noqa: E731
    bodies = [(lathe(profile, modulation=modulation), body)]
    if rng.uniform() < 0.8:
        bodies += food.in_bowl(rng, profile, height)
    return thing(bodies)


BOWLS = ["cereal", "ramen", "rice", "salad", "mixing"]


# ---------------------------------------------------------------- plates


def plate(rng, kind, finish, paint=None):
    thickness = 0.9 if finish == "wood" else 0.2 if finish in ("enamel", "metal") else rng.uniform(0.35, 0.5)
    modulation = wobble(rng, 0.01) if finish == "stoneware" else None
    if kind == "dessert":
        r = rng.uniform(9, 10.5)
        profile = plate_profile(r, r * 0.66, 0.7, rng.uniform(0.3, 0.7), thickness)
    elif kind == "coupe":
        r = rng.uniform(11, 14)
        profile = plate_profile(r, r * 0.6, 0.8, rng.uniform(0.6, 1.2), thickness, coupe=True)
    elif kind == "soup":
        r = rng.uniform(10.5, 12)
        profile = plate_profile(r, r * 0.55, 1.8, rng.uniform(0.2, 0.6), thickness)
    elif kind == "walled":
        r = rng.uniform(9.5, 12.5)
        profile = plate_profile(r, r * 0.93, 1.0, 0.1, min(thickness, 0.6))
    else:
        r = rng.uniform(12, 14)
        profile = plate_profile(
            r, r * rng.uniform(0.6, 0.7), rng.uniform(0.8, 1.2), rng.uniform(0.3, 0.9), thickness
        )
    if kind == "oval":
        ratio = rng.uniform(0.66, 0.78)
        modulation = lambda theta, w: 1 / np.sqrt(np.cos(theta) ** 2 + (np.sin(theta) / ratio) ** 2)  # noqa: E731
    if kind == "square":
        power = rng.uniform(4, 7)
        modulation = lambda theta, w: (  # noqa: E731
            0.86 * (np.abs(np.cos(theta)) ** power + np.abs(np.sin(theta)) ** power) ** (-1 / power) * w
            + (1 - w) * 0.86
        )
    if kind == "scalloped":
        lobes = rng.integers(10, 24)
        modulation = lambda theta, w: 1 + 0.03 * w**6 * np.abs(np.cos(lobes * theta / 2))  # noqa: E731
    body, _ = dress(rng, profile, finish, paint)
    bodies = [(lathe(profile, segments=192, modulation=modulation), body)]
    if rng.uniform() < 0.5:
        reach = {"oval": 0.66, "square": 0.8}.get(kind, 1.0) * r * 0.64
        bodies += food.on_plate(rng, profile.inside_height(0.0), reach)
    return thing(bodies)


PLATES = [
    "dinner",
    "coupe",
    "dessert",
    "walled",
    "dinner",
    "soup",
    "scalloped",
    "square",
    "oval",
    "coupe",
    "dinner",
]


# ---------------------------------------------------------------- cutlery: along x, the business end at +x


def bar(t, width, thick, rise, length, dish=None, shift=None, squareness=3.0):
    """A flat bar along x: at each t in [0, 1] its width, thickness, height and (for spoons) the depth of its hollow."""
    path = np.stack([t * length, 0 * t if shift is None else shift, rise], -1)
    mesh = tube(path, width, thick, squareness, 36)
    if dish is None:
        return mesh
    points = mesh.vertices.copy()
    at = np.clip(points[:, 0] / length, 0, 1)
    half = np.maximum(np.interp(at, t, width) / 2, 1e-3)
    points[:, 2] -= np.interp(at, t, dish) * np.clip(1 - (points[:, 1] / half) ** 2, 0, 1)
    rows = len(t) + 2
    again = grid_mesh(points.reshape(rows, -1, 3), closed=True)
    middle = np.repeat(points.reshape(rows, -1, 3).mean(axis=1), points.shape[0] // rows, 0)
    if np.sum((points - middle) * again.normals) < 0:
        again.faces[:] = again.faces[:, ::-1]
        again.normals[:] *= -1
    return again


def curve(t, knots, values):
    """A smooth curve through the knots (monotone between them)."""
    t = np.clip(t, knots[0], knots[-1])
    k = np.clip(np.searchsorted(knots, t, side="right") - 1, 0, len(knots) - 2)
    knots, values = np.asarray(knots, float), np.asarray(values, float)
    u = (t - knots[k]) / (knots[k + 1] - knots[k])
    u = u * u * (3 - 2 * u)
    return values[k] * (1 - u) + values[k + 1] * u


def along(n):
    """Places along a bar, closer together towards its ends."""
    u = np.linspace(0, 1, n)
    return 0.5 * u + 0.25 * (1 - np.cos(np.pi * u))


def ending(t, at=1.0, reach=0.04):
    """Rounds off a width towards t = `at`."""
    d = np.clip(np.abs(at - t) / reach, 0, 1)
    return np.sqrt(np.maximum(1 - (1 - d) ** 2, 0.0))


def grip(rng):
    """Widths of a handle at its end, middle and neck, shared by the pieces of one set."""
    return rng.uniform(1.5, 2.3), rng.uniform(0.8, 1.3), rng.uniform(0.55, 0.75), rng.uniform(2.2, 4.0)


def spoon(rng, shape, length=None):
    length = length or rng.uniform(17, 20.5)
    end, middle, neck, square = shape
    t = along(220)
    head = rng.uniform(3.7, 4.4)
    width = curve(t, [0, 0.12, 0.45, 0.68, 0.74], [end * 0.8, end, middle, neck, neck])
    oval = np.clip((t - 0.7) / 0.3, 0, 1)
    width = np.maximum(width * (t < 0.76), head * np.sin(np.pi * oval**0.85) ** 0.52)
    width = np.maximum(width * np.minimum(ending(t, 0, 0.05), 1), 0.02)
    thick = curve(t, [0, 0.5, 0.7, 0.8, 1], [0.28, 0.34, 0.36, 0.16, 0.14])
    rise = curve(t, [0, 0.45, 0.68, 0.86, 1], [0.35, 1.5, 1.25, 0.85, 1.15])
    dish = 0.85 * np.sin(np.pi * oval) ** 0.8
    return bar(t, width, thick, rise, length, dish, squareness=square).grounded()


def fork(rng, shape, length=None):
    length = length or rng.uniform(18, 20.5)
    end, middle, neck, square = shape
    tines = 4 if rng.uniform() < 0.75 else 3
    head = rng.uniform(2.3, 2.7)
    t = along(240)
    root = rng.uniform(0.78, 0.81)
    rise = curve(t, [0, 0.45, 0.66, 0.84, 1], [0.3, 1.55, 1.3, 0.5, 1.25])
    width = curve(
        t, [0, 0.12, 0.45, 0.64, 0.69, 0.765, 1], [end * 0.8, end, middle, neck, neck * 1.05, head, head]
    )
    width = width * np.minimum(ending(t, 0, 0.05), 1)
    thick = curve(t, [0, 0.5, 0.66, 0.76, 1], [0.28, 0.34, 0.36, 0.22, 0.2])
    keep = t <= root
    body = bar(t[keep], np.maximum(width[keep], 0.02), thick[keep], rise[keep], length, squareness=square)
    parts = [body]
    tine = head / (tines * 1.62 - 0.62)
    for k in range(tines):
        reach = t >= root - 0.03
        u = t[reach]
        y = (k - (tines - 1) / 2) * tine * 1.62
        taper = curve(u, [root - 0.03, 0.93, 1], [1, 0.85, 0.3])
        thick = 0.225 * taper * curve(u, [root - 0.03, root - 0.004, 1], [0.5, 1, 1])
        blade = tine * taper * np.where(u > 0.985, ending(u, 1.0, 0.015), 1)
        parts.append(
            bar(
                u,
                np.maximum(blade, 0.02),
                thick,
                rise[reach],
                length,
                shift=np.full(len(u), y) * (1 - 0.06 * (u - root) / (1 - root)),
                squareness=3.2,
            )
        )
    return joined(parts).grounded()


def knife(rng, shape, length=None):
    length = length or rng.uniform(20.5, 23.5)
    end, middle, _, square = shape
    t = along(240)
    split, blade = rng.uniform(0.46, 0.54), rng.uniform(1.8, 2.2)
    width = curve(
        t,
        [0, 0.1, split - 0.04, split, split + 0.1, 0.9, 1],
        [end * 0.75, end * 0.8, middle, middle * 0.85, blade, blade, blade * 0.5],
    )
    width = width * np.minimum(ending(t, 0, 0.04), 1) * np.minimum(ending(t, 1, 0.09), 1)
    thick = curve(t, [0, 0.2, split, split + 0.06, 1], [0.5, 0.75, 0.55, 0.16, 0.1])
    shift = curve(t, [0, split, split + 0.12, 0.88, 1], [0, 0, 0.12, 0.1, 0.5])
    return bar(
        t, np.maximum(width, 0.02), thick, 0 * t + thick / 2 + 0.02, length, shift=shift, squareness=square
    ).grounded()


PIECES = {"spoon": spoon, "fork": fork, "knife": knife}


def split_at(mesh, x):
    """The mesh in two, before and behind `x`: a handle of one material and a head of another."""
    before = mesh.vertices[mesh.faces][:, :, 0].mean(axis=1) < x
    return replace(mesh, faces=mesh.faces[before]), replace(mesh, faces=mesh.faces[~before])


def cutlery_material(rng):
    """Two materials: the handle's and the head's."""
    kind = rng.integers(8)
    if kind < 4:
        bsdf = s.metal(["steel", "silver", "brushed steel"][rng.integers(3)], rng.uniform(0.012, 0.09))
        return bsdf, bsdf
    if kind == 4:
        bsdf = s.metal(["brass", "black steel", "copper"][rng.integers(3)], rng.uniform(0.02, 0.1))
        return bsdf, bsdf
    if kind == 5:
        bsdf = s.varnished(s.mix(s.colour("#b98a56"), s.colour("#8c5f36"), rng.uniform()), 0.35)
        return bsdf, bsdf
    grip_bsdf = s.varnished(s.pick(rng, s.GLAZES), rng.uniform(0.06, 0.3))
    return grip_bsdf, s.metal("steel", rng.uniform(0.012, 0.06))


CUTLERY = [
    "fork knife",
    "spoon",
    "fork",
    "knife fork spoon",
    "spoon spoon",
    "knife",
    "fork spoon",
    "fork fork knife",
]


def cutlery(rng, kind, finish, paint=None):
    """Pieces side by side, or askew. Materials are their own; `finish` and `paint` do not apply."""
    shape, (grip_bsdf, head_bsdf) = grip(rng), cutlery_material(rng)
    names = kind.split()
    askew = rng.uniform() < 0.4
    bodies, gap = [], rng.uniform(3.9, 5.0) + 1.1 * askew
    for k, name in enumerate(names):
        mesh = PIECES[name](rng, shape)
        middle = (mesh.vertices[:, 0].max()) / 2
        mesh = mesh.moved(x=-middle)
        place = {
            "y": (k - (len(names) - 1) / 2) * gap,
            "turn": np.clip(rng.normal(0, 0.09 if askew else 0.02), -0.12, 0.12),
        }
        place["x"] = rng.normal(0, 0.7)
        for part, bsdf in zip(split_at(mesh, 1.0 if name != "knife" else 0.5), (grip_bsdf, head_bsdf)):
            bodies.append((part.moved(**place), bsdf))
    return thing(bodies)


MAKERS = {"bowl": (bowl, BOWLS), "cup": (cup, CUPS), "cutlery": (cutlery, CUTLERY), "plate": (plate, PLATES)}
