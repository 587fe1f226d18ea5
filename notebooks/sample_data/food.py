"""What lies in bowls and on plates and what stands in cups: bodies (mesh, material) at their place."""

import cv2
import numpy as np

import surfaces as s
from shapes import Profile, ball, grid_mesh, joined, lathe, resampled, slab, tube


def disc(radius, z, swell=0.03):
    """The surface of a liquid, a little raised at the wall."""
    r = np.linspace(0, radius, 24)
    points = np.stack([r, z + swell * np.clip((r / radius - 0.9) / 0.1, 0, 1) ** 2], -1)
    return lathe(Profile(points))


def drink(rng, profile, level):
    radius = profile.inside_radius(level) + 0.06
    kind = rng.integers(5)
    mesh = disc(radius, level)
    if kind == 0:  # black coffee or tea
        return [(mesh, s.varnished(s.pick(rng, ["#20120b", "#3a1c0c", "#6e3412"]), 0.03))]
    if kind == 1:  # milk, or tea with milk
        return [(mesh, s.varnished(s.pick(rng, ["#efe9dc", "#b98e66", "#c7a079"]), 0.08))]
    if kind == 2:  # coffee with a crema: light at the wall
        n = 512
        y, x = np.mgrid[-1:1:512j, -1:1:512j]
        r = np.hypot(x, y) + 0.05 * s.noise(rng, n, n, 5, 5)
        foam = s.mix(s.colour("#5a2f14"), s.colour("#c08a4e"), np.clip((r - 0.55) / 0.4, 0, 1))
        return [(flat_disc(radius, level), s.varnished(foam, 0.12))]
    if kind == 3:  # a leaf poured in milk foam
        n = 512
        y, x = np.mgrid[-1:1:512j, -1:1:512j]
        a = rng.uniform(0, 6.28)
        x, y = x * np.cos(a) - y * np.sin(a), x * np.sin(a) + y * np.cos(a)
        width = 0.55 * np.sqrt(np.clip(1 - (y / 0.75) ** 2, 0, 1))
        leaf = (np.abs(x) < width) & (np.sin((y + 0.5 * np.abs(x)) * 22) > -0.1)
        t = np.clip(leaf * 1.0 + 0.8 * (np.hypot(x, y) < 0.12), 0, 1)
        t = cv2.GaussianBlur(t.astype(np.float32), (0, 0), 5)
        brown = s.mix(s.colour("#8a5427"), s.colour("#b27a42"), 0.5 + 0.2 * s.noise(rng, n, n, 6, 6))
        return [(flat_disc(radius, level), s.varnished(s.mix(brown, s.colour("#f0e4cf"), t), 0.2))]
    return [(mesh, s.varnished(s.pick(rng, ["#5f2a0c", "#7a3a10", "#5c1614"]), 0.03))]  # tea, fruit tea


def flat_disc(radius, z):
    """A disc whose texture lies flat on it, seen from above."""
    mesh = disc(radius, z)
    mesh.uv[:] = 0.5 + 0.5 * mesh.vertices[:, :2] / radius
    return mesh


def scattered(rng, count, reach, min_gap):
    """Points in a circle, apart from one another."""
    points = []
    for _ in range(count * 30):
        p = reach * np.sqrt(rng.uniform()) * np.exp(1j * rng.uniform(0, 6.28))
        if all(abs(p - q) > min_gap for q in points):
            points.append(p)
        if len(points) == count:
            break
    return [(p.real, p.imag) for p in points]


def grains(rng, count, reach, z, size, squash, heap=0.0):
    """Many small balls, in a heap of height `heap` in the middle."""
    parts = []
    for _ in range(count):
        p = reach * np.sqrt(rng.uniform()) * np.exp(1j * rng.uniform(0, 6.28))
        lift = heap * max(0.0, 1 - (abs(p) / reach) ** 2) * rng.uniform(0.75, 1)
        grain = ball(rng, size * rng.uniform(0.8, 1.2), squash, 0.08, 14)
        tilt = (rng.uniform(-0.6, 0.6), rng.uniform(-0.6, 0.6))
        parts.append(grain.moved(p.real, p.imag, z + lift - size * 0.5, rng.uniform(0, 6.28), tilt=tilt))
    return joined(parts)


def dome(rng, reach, z, height, sink=0.15):
    """A heap's body, under its grains."""
    r = np.linspace(0, 1, 30)
    points = np.stack([reach * r, z - sink + (height + sink) * (1 - r**2)], -1)
    a = rng.uniform(0, 6.28, 3)
    return lathe(
        Profile(points), modulation=lambda t, w: 1 + 0.05 * np.sin(3 * t + a[0]) + 0.03 * np.sin(5 * t + a[1])
    )


FRUITS = {"orange": ("#d9791e", 3.4, 0.97), "apple": ("#a3262a", 3.5, 0.9), "green apple": ("#8fae3c", 3.4, 0.9),
          "lemon": ("#e0c02c", 2.8, 0.85), "tomato": ("#b92a1c", 3.1, 0.85), "peach": ("#d98a52", 3.2, 0.94),
          "plum": ("#4a2440", 2.3, 0.96)}  # fmt: skip


def fruit(rng, name=None, scale=1.0):
    name = name or list(FRUITS)[rng.integers(len(FRUITS))]
    code, radius, squash = FRUITS[name]
    radius *= scale * rng.uniform(0.92, 1.05)
    if name == "lemon":
        a = np.linspace(0, np.pi, 40)
        r = radius * np.sin(a) ** 0.85 * 0.9
        z = -radius * np.cos(a) * 1.25 - 0.35 * radius * np.cos(a) ** 9
        mesh = (
            lathe(Profile(np.stack([r, z], -1)[::-1]))
            .moved(tilt=(1.57, 0), turn=rng.uniform(0, 6.28))
            .grounded()
        )
    elif "apple" in name or name == "tomato":
        a = np.linspace(0, np.pi, 48)
        r = radius * np.sin(a) * (1 + 0.06 * np.cos(a))
        z = squash * radius * np.cos(a) - 0.3 * radius * np.exp(-((np.sin(a) / 0.2) ** 2)) * np.sign(
            np.cos(a)
        )
        mesh = (
            lathe(Profile(np.stack([r, z], -1)))
            .moved(tilt=(rng.normal(0, 0.3), 0), turn=rng.uniform(0, 6.28))
            .grounded()
        )
    else:
        mesh = ball(rng, radius, squash, 0.012)
    n = 256
    skin = s.mix(
        s.colour(code),
        np.clip(s.colour(code) * [0.85, 1.25, 1.0], 0, 1),
        0.25 + 0.3 * s.noise(rng, n, n, 3, 3, 5),
    )
    return [(mesh, s.varnished(skin, 0.18 if name != "peach" else 0.5))]


def at(bodies, x, y, z, turn=0.0):
    return [(m.moved(x, y, z, turn), b) for m, b in bodies]


def speckle(rng, low, high, cells=24):
    n = 384
    return s.mix(s.colour(low), s.colour(high), 0.5 + 0.28 * s.noise(rng, n, n, cells, cells, 5, 0.7))


def bread(rng):
    """A slice, lying."""
    a = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    size, power = rng.uniform(4.2, 5.2), rng.uniform(2.6, 4)
    r = (
        size
        / (np.abs(np.cos(a)) ** power + np.abs(np.sin(a)) ** power) ** (1 / power)
        * (1 + 0.02 * np.sin(5 * a))
    )
    outline = np.stack([r * np.cos(a) * rng.uniform(1.0, 1.25), r * np.sin(a)], -1)
    lumps = rng.uniform(0, 6.28, 4)
    mesh = slab(
        outline, 1.3, 0.3, lambda x, y: 0.05 * np.sin(2.1 * x + lumps[0]) * np.sin(1.7 * y + lumps[1])
    )
    image = speckle(rng, "#d9b67c", "#f0dcb2", 30)
    y, x = np.mgrid[-1:1:384j, -1:1:384j]
    crust = np.clip((np.maximum(abs(x), abs(y)) - 0.88) / 0.07, 0, 1)
    toast = np.clip(0.25 * s.noise(rng, 384, 384, 4, 4), 0, 0.6)
    return [(mesh, s.matte(s.mix(s.mix(image, s.colour("#a86f35"), toast), s.colour("#8a5426"), crust)))]


def biscuit(rng):
    a = np.linspace(0, 2 * np.pi, 70, endpoint=False)
    size = rng.uniform(2.4, 3.4)
    r = size * (1 + 0.03 * np.sin(3 * a + rng.uniform(0, 6)) + 0.02 * np.sin(7 * a))
    mesh = slab(
        np.stack([r * np.cos(a), r * np.sin(a)], -1),
        rng.uniform(0.8, 1.1),
        0.3,
        lambda x, y: 0.25 - 0.25 * (x * x + y * y) / size**2,
    )
    bodies = [(mesh, s.matte(speckle(rng, "#a9743c", "#cf9d5e", 26)))]
    if rng.uniform() < 0.7:
        chips = [
            ball(rng, rng.uniform(0.2, 0.38), 0.8, 0.1, 14).moved(x, y, 0.95)
            for x, y in scattered(rng, 9, size * 0.75, 0.7)
        ]
        bodies.append((joined(chips), s.varnished(s.colour("#2d180f"), 0.25)))
    return bodies


def cake(rng):
    """A wedge with layers."""
    a = np.linspace(-0.3, 0.3, 24)
    length = rng.uniform(9, 11)
    arc = np.stack([length * np.cos(a), length * np.sin(a)], -1)
    outline = resampled(np.concatenate([[[0.0, 0.0]], arc, [[0.0, 0.0]]]), 0.4)[:-1] - [length * 0.6, 0]
    tones = [
        ["#e8d6a8", "#f3ece0", "#b5412f"],
        ["#3a2016", "#5d3524", "#e9dfd0"],
        ["#d8b072", "#f2e7cf", "#c9863f"],
    ][rng.integers(3)]
    bodies, z = [], 0.0
    for k in range(5):
        height = 1.5 if k % 2 == 0 else 0.4
        tone = tones[0] if k % 2 == 0 else tones[1]
        bodies.append(
            (
                slab(outline, height, 0.12).moved(z=z),
                s.matte(
                    speckle(rng, tone, tone, 40)
                    if k % 2
                    else s.mix(speckle(rng, tones[0], tones[0]), s.colour("#000000"), 0.05)
                ),
            )
        )
        z += height
    bodies.append((slab(outline, 0.35, 0.15).moved(z=z), s.varnished(s.colour(tones[2]), 0.25)))
    return bodies


def egg(rng):
    """A fried egg."""
    a = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    p = rng.uniform(0, 6.28, 3)
    r = rng.uniform(4.6, 5.6) * (
        1 + 0.09 * np.sin(2 * a + p[0]) + 0.06 * np.sin(3 * a + p[1]) + 0.04 * np.sin(5 * a + p[2])
    )
    white = slab(
        np.stack([r * np.cos(a), r * np.sin(a)], -1),
        0.45,
        0.2,
        lambda x, y: 0.5 * np.exp(-(x * x + y * y) / 4),
    )
    yolk = lathe(
        Profile(
            np.stack(
                [1.75 * np.sin(np.linspace(0, 1.57, 20)), 0.5 + 1.0 * np.cos(np.linspace(0, 1.57, 20))], -1
            )
        )
    )
    return [(white, s.varnished(s.colour("#f1eee6"), 0.15)), (yolk, s.varnished(s.colour("#dd9a14"), 0.08))]


def spaghetti(rng, reach, z, height):
    """A nest of noodles."""
    strands = []
    for _ in range(64):
        n = 60
        turns, start = rng.uniform(0.5, 1.2), rng.uniform(0, 6.28)
        a = start + np.linspace(0, 2 * np.pi * turns, n) * rng.choice([-1, 1])
        r = reach * rng.uniform(0.3, 0.92) * (1 + 0.12 * np.sin(a * 2 + rng.uniform(0, 6)))
        off = 0.18 * reach * np.exp(1j * rng.uniform(0, 6.28))
        x, y = r * np.cos(a) + off.real, r * np.sin(a) + off.imag
        level = height * np.clip(1 - (np.hypot(x, y) / reach) ** 2, 0, 1)
        path = np.stack([x, y, z + 0.1 + level * rng.uniform(0.7, 1) + 0.1 * np.sin(a * 3)], -1)
        strands.append(tube(path, 0.27, 0.27, 2, 10))
    tone = s.colour("#e3c583")
    bodies = [
        (joined(strands), s.varnished(tone, 0.25)),
        (dome(rng, reach * 0.85, z, height * 0.75), s.varnished(tone * 0.85, 0.4)),
    ]
    if rng.uniform() < 0.6:
        bodies.append(
            (
                dome(rng, reach * 0.5, z + height * 0.75, height * 0.5, 0.6),
                s.varnished(speckle(rng, "#7a1f12", "#b5412a", 20), 0.15),
            )
        )
    return bodies


def leaves(rng, reach, z, height):
    """Salad."""
    parts = []
    for _ in range(max(20, int(reach**2 * 0.9))):
        n = 14
        u, v = np.meshgrid(np.linspace(-1, 1, n), np.linspace(-1, 1, n), indexing="ij")
        size = rng.uniform(1.2, 2.4)
        width = np.sqrt(np.clip(1 - v * v * 0.92, 0.02, 1))
        p = rng.uniform(0, 6.28, 3)
        frill = 0.25 * np.sin(5 * v + p[0]) * np.abs(u) + 0.12 * np.sin(7 * u + p[1])
        leaf = grid_mesh(
            np.stack([u * width * 0.62 * size, v * size, (0.35 * u * u + frill) * size * 0.7], -1)
        )
        q = reach * 0.8 * np.sqrt(rng.uniform()) * np.exp(1j * rng.uniform(0, 6.28))
        lift = height * max(0.0, 1 - (abs(q) / reach) ** 2) * rng.uniform(0.5, 1)
        parts.append(
            leaf.moved(turn=rng.uniform(0, 6.28), tilt=tuple(rng.normal(0, 0.3, 2)))
            .grounded()
            .moved(q.real, q.imag, z + lift)
        )
    half = len(parts) // 2
    dark, light = (
        s.varnished(s.pick(rng, ["#3d6a2c", "#2f5426"]), 0.3),
        s.varnished(s.pick(rng, ["#8fae4a", "#a9bf62"]), 0.3),
    )
    bodies = [
        (joined(parts[:half]), dark),
        (joined(parts[half:]), light),
        (dome(rng, reach * 0.8, z, height * 0.4), dark),
    ]
    for x, y in scattered(rng, rng.integers(0, 5), reach * 0.6, 2.6):
        bodies += at(fruit(rng, "tomato", 0.4), x, y, z + height * 0.6)
    return bodies


def on_plate(rng, z, reach):
    """A meal or a snack within `reach` of the middle, on a surface at height `z`."""
    z += 0.01
    kind = rng.integers(8)
    if kind == 0:
        bodies = at(bread(rng), -0.3 * reach, 0.1 * reach, z, rng.uniform(0, 6.28))
        return bodies + (
            at(fruit(rng, "tomato", 0.6), 0.75 * reach, -0.5 * reach, z) if rng.uniform() < 0.6 else []
        )
    if kind == 1:
        return [
            b
            for x, y in scattered(rng, rng.integers(2, 6), reach * 0.75, 6.9)
            for b in at(biscuit(rng), x, y, z, rng.uniform(0, 6.28))
        ]
    if kind == 2:
        return at(cake(rng), *rng.normal(0, 0.6, 2), z, rng.uniform(0, 6.28))
    if kind == 3:
        return at(egg(rng), *rng.normal(0, 1, 2), z, rng.uniform(0, 6.28))
    if kind == 4:
        return spaghetti(rng, reach * 0.9, z, 2.6)
    if kind == 5:
        return leaves(rng, reach * 0.9, z, 2.0)
    if kind == 6:
        tone = s.pick(rng, ["#5d8a34", "#d9c9a0", "#c9a24a"])
        heap = grains(rng, 640, reach * 0.8, z, 0.36, rng.uniform(0.6, 1), 1.5)
        return [
            (heap, s.varnished(tone, 0.25)),
            (dome(rng, reach * 0.77, z, 1.3), s.varnished(tone * 0.8, 0.4)),
        ]
    return [
        b
        for x, y in scattered(rng, rng.integers(1, 4), reach * 0.55, 7.4)
        for b in at(fruit(rng), x, y, z, rng.uniform(0, 6.28))
    ]


def in_bowl(rng, profile, height):
    """A filling for a bowl."""
    level = height * rng.uniform(0.6, 0.8)
    radius = profile.inside_radius(level) + 0.05
    kind = rng.choice(5, p=[0.28, 0.26, 0.2, 0.18, 0.08])
    if kind == 0:  # soup
        tone = s.pick(rng, ["#b5622e", "#8c3a20", "#cfae62", "#7f8a4a", "#ddcfb0", "#7a5434"])
        soup = s.mix(tone, np.clip(tone * 1.35, 0, 1), 0.4 + 0.3 * s.noise(rng, 512, 512, 6, 6, 6))
        bits = joined(
            [
                ball(rng, rng.gamma(3, 0.06) + 0.06, 0.35, 0.25, 14).moved(
                    x, y, level - 0.03, rng.uniform(0, 6)
                )
                for x, y in scattered(rng, 40, radius * 0.85, 0.45)
            ]
        )
        return [
            (flat_disc(radius, level), s.varnished(soup, 0.08)),
            (bits, s.varnished(s.pick(rng, ["#3d6a2c", "#e8d9b0", "#c9862f"]), 0.3)),
        ]
    if kind == 1:  # cereal in milk
        rings = grains(rng, 260, radius * 0.92, level, 0.5, 0.55, 0.5)
        return [
            (disc(radius, level), s.varnished(s.colour("#f1ece0"), 0.1)),
            (rings, s.matte(s.pick(rng, ["#c08a42", "#a9682e", "#d9ad62"]))),
        ]
    if kind == 2:  # rice or peas, heaped
        tone = s.pick(rng, ["#efe9da", "#5d8a34", "#c9a24a"])
        heap = grains(rng, 520, radius * 0.93, level * 0.95, 0.3, 0.6, 1.5)
        return [
            (heap, s.varnished(tone, 0.3)),
            (dome(rng, radius * 0.93, level * 0.95, 1.3, 1.2), s.varnished(tone * 0.85, 0.5)),
        ]
    if kind == 3:
        return leaves(rng, radius, level * 0.85, 2.2) + [
            (disc(radius * 0.9, level * 0.75), s.matte(s.colour("#24401c")))
        ]
    low = profile.inside_height(profile.points[profile.rim, 0] * 0.35)
    return [
        b
        for x, y in scattered(rng, rng.integers(2, 5), max(1.0, radius - 4.2), 6.6)
        for b in at(fruit(rng, scale=0.95), x, y, low + 0.2)
    ]
