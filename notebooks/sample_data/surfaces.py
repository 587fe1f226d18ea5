"""Procedural textures, painted with numpy and OpenCV, and the Mitsuba materials that wear them.

Colours are sRGB in [0, 1]; a texture is a float32 array [height, width, 3].
"""

import cv2
import mitsuba as mi
import numpy as np

# One palette for the things of every label, so that colour says nothing about the label.
GLAZES = [
    "#f4f1ea", "#fbfaf7", "#e9e2d3", "#d9d4cc", "#9fb3bf", "#2f4f6f", "#1f2f4a", "#4f7f78", "#7fa08a", "#3f5a45",
    "#b8642f", "#c98d4b", "#d8b13c", "#8c2f2a", "#c44a3c", "#d9938a", "#e3c4bd", "#57474a", "#26262a", "#6d7077",
    "#8fc1cf", "#b7a4c9", "#efe6b0", "#f3f3f3", "#ece7df", "#c9d6d1",
]  # fmt: skip
INKS = [
    "#1d3f7a",
    "#20487f",
    "#7a2a22",
    "#2d5c3e",
    "#b08a35",
    "#3a3a3c",
    "#d05a3a",
    "#2b7a86",
    "#6a4a86",
    "#e8e4da",
]


def colour(code):
    return np.array([int(code[k : k + 2], 16) for k in (1, 3, 5)], np.float32) / 255


def pick(rng, codes):
    """One of the palette, nudged."""
    return np.clip(colour(codes[rng.integers(len(codes))]) + rng.normal(0, 0.02, 3), 0.02, 0.97).astype(
        np.float32
    )


def mix(a, b, t):
    """`a` where t is 0, `b` where it is 1."""
    t = np.clip(t, 0, 1)[..., None] if np.ndim(t) else t
    return (a * (1 - t) + b * t).astype(np.float32)


def noise(rng, height, width, rows, columns, octaves=5, persistence=0.5):
    """Fractal value noise with about zero mean and unit deviation; `rows` x `columns` cells in the first octave."""
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        shape = (max(2, int(rows * 2**octave)), max(2, int(columns * 2**octave)))
        if shape[0] > height * 2 or shape[1] > width * 2:
            break
        grid = rng.standard_normal(shape).astype(np.float32)
        total += persistence**octave * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    return (total - total.mean()) / (total.std() + 1e-6)


# ---------------------------------------------------------------- tables: square textures of `TABLE_CM` a side

TABLE_CM = 110.0
TABLE_PX = 2048


def _cm(value):
    return int(round(value / TABLE_CM * TABLE_PX))


def planks(rng, tones, board=(7, 13), gap=0.12, contrast=1.0):
    """Boards of wood side by side, the grain along x."""
    n = TABLE_PX
    image = np.zeros((n, n, 3), np.float32)
    dark, light = colour(tones[0]), colour(tones[1])
    y = 0
    while y < n:
        h = min(_cm(rng.uniform(*board)), n - y)
        h = n - y if n - y - h < 40 else h
        fibre = noise(rng, h, n, max(3, h / 14), 5, 5, 0.8)
        rings = np.sin(
            noise(rng, h, n, 1.5, 1.2, 3) * rng.uniform(4, 9) + np.linspace(0, rng.uniform(2, 9), h)[:, None]
        )
        blotch = noise(rng, h, n, 1.5, 6, 5)
        t = 0.5 + contrast * (0.16 * fibre + 0.13 * rings + 0.08 * blotch) + rng.normal(0, 0.12)
        board_image = mix(dark, light, t)
        pores = (noise(rng, h, n, h / 3, 40, 1) > 2.1).astype(np.float32)
        board_image *= 1 - 0.25 * contrast * pores[..., None]
        edge = np.minimum(np.arange(h), np.arange(h)[::-1])[:, None, None] / max(1, _cm(gap))
        image[y : y + h] = board_image * np.clip(0.35 + 0.65 * edge, 0.35, 1)
        y += h
    return np.clip(image, 0, 1)


def veneer(rng, tones, contrast=1.0):
    """One wide board."""
    return planks(rng, tones, board=(200, 201), contrast=contrast)


def marble(rng, base, vein, density=1.0):
    n = TABLE_PX
    warp = noise(rng, n, n, 3, 3, 6, 0.55)
    veins = np.zeros((n, n), np.float32)
    for scale, width in ((3, 0.05), (5, 0.04), (9, 0.03)):
        field = noise(rng, n, n, scale, scale, 6, 0.55) + 0.4 * warp
        veins = np.maximum(
            veins, np.exp(-np.abs(field) / (width * density)) * np.clip(0.4 + 0.4 * warp, 0.05, 1)
        )
    cloud = 0.5 + 0.5 * np.tanh(noise(rng, n, n, 4, 4, 6, 0.55))
    return mix(mix(colour(base), colour(vein), 0.22 * cloud), colour(vein), 0.75 * veins)


def granite(rng, tones):
    n = TABLE_PX
    image = np.broadcast_to(colour(tones[0]), (n, n, 3)).astype(np.float32)
    for tone in tones[1:]:
        image = mix(image, colour(tone), (noise(rng, n, n, 420, 420, 3, 0.8) - rng.uniform(0.4, 1.0)) * 2)
    return image


def terrazzo(rng, base, chips):
    n = TABLE_PX
    image = np.ascontiguousarray(
        np.broadcast_to(colour(base), (n, n, 3)) + 0.015 * noise(rng, n, n, 40, 40)[..., None]
    )
    for _ in range(2600):
        centre, size = rng.integers(0, n, 2), rng.gamma(2.2, 4.5) + 3
        angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(5, 8)))
        points = centre + size * rng.uniform(0.6, 1.2, (len(angles), 1)) * np.stack(
            [np.cos(angles), np.sin(angles)], -1
        )
        tone = pick(rng, chips).tolist()
        cv2.fillPoly(image, [points.astype(np.int32)], tone, cv2.LINE_AA)
    return image


def concrete(rng, base):
    n = TABLE_PX
    image = colour(base) * (1 + 0.09 * noise(rng, n, n, 4, 4, 8, 0.6)[..., None])
    holes = noise(rng, n, n, 160, 160, 2) > 3.1
    return np.clip(image * np.where(holes, 0.6, 1)[..., None], 0, 1).astype(np.float32)


def plain(rng, base, mottling=0.02):
    n = TABLE_PX
    return np.clip(colour(base) * (1 + mottling * noise(rng, n, n, 6, 6, 7, 0.7)[..., None]), 0, 1).astype(
        np.float32
    )


def tiles(rng, tones, grout, size=15.0, joint=0.35, spread=0.03):
    n, step, gap = TABLE_PX, _cm(size), max(2, _cm(joint))
    image = np.broadcast_to(colour(grout), (n, n, 3)) * (1 + 0.06 * noise(rng, n, n, 90, 90, 4)[..., None])
    image = np.ascontiguousarray(image, dtype=np.float32)
    pattern = rng.integers(0, 3)
    for row in range(0, n, step):
        for column in range(0, n, step):
            k = (row // step + column // step) % len(tones) if pattern == 0 else rng.integers(len(tones))
            tone = np.clip(colour(tones[k]) * (1 + rng.normal(0, spread)), 0, 1)
            image[row + gap : row + step, column + gap : column + step] = tone
    image *= 1 + 0.02 * noise(rng, n, n, 8, 8, 6)[..., None]
    return np.clip(image, 0, 1)


def weave(rng, image, strength=0.12):
    """Threads over a cloth."""
    n = len(image)
    k = np.arange(n)
    threads = np.sin(k * 2 * np.pi / 3.3)[:, None] * np.sin(k * 2 * np.pi / 3.3)[None, :]
    slubs = noise(rng, n, n, 520, 26, 2) + noise(rng, n, n, 26, 520, 2)
    worn = noise(rng, n, n, 5, 5, 4)
    return np.clip(
        image * (1 + strength * (0.6 * threads + 0.15 * slubs + 0.1 * worn))[..., None], 0, 1
    ).astype(np.float32)


def gingham(rng, ground, ink, size=3.0):
    n, step = TABLE_PX, _cm(size)
    stripe = ((np.arange(n) // step) % 2).astype(np.float32)
    t = 0.5 * stripe[:, None] + 0.5 * stripe[None, :]
    return weave(rng, mix(np.broadcast_to(colour(ground), (n, n, 3)), colour(ink), 0.9 * t))


def stripes(rng, ground, ink, period=9.0):
    n = TABLE_PX
    k = (np.arange(n) / TABLE_PX * TABLE_CM) % period / period
    t = ((k < 0.12) | ((k > 0.18) & (k < 0.22)) | ((k > 0.9) & (k < 0.94))).astype(np.float32)
    return weave(
        rng, mix(np.broadcast_to(colour(ground), (n, n, 3)), colour(ink), np.tile(t[:, None], (1, n)))
    )


def linen(rng, base):
    return weave(rng, plain(rng, base, 0.02), 0.2)


def oilcloth(rng, ground, inks):
    """Printed flowers and dots."""
    n = TABLE_PX
    image = np.ascontiguousarray(np.broadcast_to(colour(ground), (n, n, 3)), dtype=np.float32)
    step = _cm(rng.uniform(6, 10))
    for row in range(-step, n + step, step):
        for column in range(-step, n + step, step):
            x = column + (row // step % 2) * step // 2 + rng.integers(-8, 9)
            y = row + rng.integers(-8, 9)
            ink, size, turn = pick(rng, inks).tolist(), step * rng.uniform(0.14, 0.22), rng.uniform(0, 6.28)
            for petal in range(5):
                a = turn + petal * 2 * np.pi / 5
                centre = (int(x + size * np.cos(a)), int(y + size * np.sin(a)))
                cv2.ellipse(
                    image,
                    centre,
                    (int(size * 0.75), int(size * 0.5)),
                    np.degrees(a),
                    0,
                    360,
                    ink,
                    -1,
                    cv2.LINE_AA,
                )
            cv2.circle(
                image,
                (int(x), int(y)),
                int(size * 0.45),
                pick(rng, ["#d8b13c", "#f4f1ea"]).tolist(),
                -1,
                cv2.LINE_AA,
            )
            leaf = (int(x + step * 0.42), int(y + step * 0.3))
            cv2.ellipse(
                image,
                leaf,
                (int(size * 0.7), int(size * 0.25)),
                rng.uniform(0, 180),
                0,
                360,
                [0.3, 0.45, 0.28],
                -1,
                cv2.LINE_AA,
            )
    return image


def straw(rng, tones):
    """A woven mat."""
    n = TABLE_PX
    k = np.arange(n)
    a, b = np.sin(k * 2 * np.pi / 9)[:, None], np.sin(k * 2 * np.pi / 22)[None, :]
    t = 0.5 + 0.3 * a * np.sign(b) + 0.16 * noise(rng, n, n, 200, 12, 3)
    return mix(colour(tones[0]), colour(tones[1]), t)


# name: (texture maker, gloss of the surface: roughness of its varnish, or None for cloth and other matte things)
TABLES = {
    "oak planks": (lambda g: planks(g, ("#8a6238", "#c79d68")), 0.25),
    "walnut": (lambda g: veneer(g, ("#3a2418", "#7b5236")), 0.18),
    "white melamine": (lambda g: plain(g, "#e8e7e3", 0.01), 0.2),
    "red gingham": (lambda g: gingham(g, "#f1ece4", "#b3262b", g.uniform(1.5, 3.5)), None),
    "white marble": (lambda g: marble(g, "#eceae6", "#86868a"), 0.08),
    "grey concrete": (lambda g: concrete(g, "#8f8e8a"), 0.4),
    "pine": (lambda g: planks(g, ("#b98a50", "#e6c592"), (9, 15)), 0.3),
    "blue gingham": (lambda g: gingham(g, "#eef0f0", "#35588f", g.uniform(0.9, 2.5)), None),
    "natural linen": (lambda g: linen(g, "#c8b99d"), None),
    "terracotta tiles": (
        lambda g: tiles(g, ("#a65f3c", "#b46f48", "#9a5535"), "#b8aa98", g.uniform(9, 15)),
        0.3,
    ),
    "dark granite": (lambda g: granite(g, ("#26272a", "#45474a", "#8b8a86")), 0.06),
    "painted boards": (lambda g: planks(g, ("#8ea9ab", "#a9c0bf"), (8, 12), 0.3, 0.5), 0.35),
    "floral oilcloth": (lambda g: oilcloth(g, "#ece4cf", ["#b5412f", "#d98f8a", "#3d6a94"]), 0.15),
    "terrazzo": (
        lambda g: terrazzo(g, "#d6d1c8", ["#8b6f5c", "#4c5055", "#b08a6a", "#f0eee8", "#7c8f86"]),
        0.12,
    ),
    "green tiles": (lambda g: tiles(g, ("#3f6b57", "#4a7a63"), "#d8d4ca", g.uniform(5, 10), 0.25, 0.08), 0.1),
    "grey laminate": (lambda g: plain(g, "#6b6d70", 0.03), 0.3),
    "beech": (lambda g: planks(g, ("#c0905e", "#e0b988"), (3, 4.5), 0.04, 0.6), 0.22),
    "striped cloth": (lambda g: stripes(g, "#e6dfd0", "#48607d", g.uniform(5, 10)), None),
    "teal cloth": (lambda g: linen(g, "#3f7278"), None),
    "straw mat": (lambda g: straw(g, ("#8c6c3d", "#d6b878")), None),
    "weathered boards": (lambda g: planks(g, ("#5d5750", "#a39b8f"), (9, 16), 0.35, 0.9), None),
    "mustard cloth": (lambda g: linen(g, "#c39a3a"), None),
    "white cloth": (lambda g: linen(g, "#e9e6df"), None),
    "cherry": (lambda g: veneer(g, ("#70331c", "#a65c38")), 0.15),
}


# ---------------------------------------------------------------- glaze: a texture over a lathe profile


def glaze(rng, profile, kind, base, ink, width=1536, height=768):
    """A painted lathe: u runs around, v along the profile's arc. Patterns keep their size in centimetres."""
    arc = profile.arc
    at = np.linspace(0, arc[-1], height)
    r, z = np.interp(at, arc, profile.points[:, 0]), np.interp(at, arc, profile.points[:, 1])
    from_rim = at - arc[profile.rim]
    theta = np.linspace(0, 2 * np.pi, width, endpoint=False)
    image = np.ascontiguousarray(np.broadcast_to(base, (height, width, 3)), dtype=np.float32)
    rim_r = profile.points[profile.rim, 0]
    # Unevenness in space rather than on the texture, which has a seam and a pole.
    canvas = noise(rng, 1024, 1024, 14, 14, 6, 0.6)
    deep = z[:, None] * np.array([[0.8, 0.6]])
    rough = canvas[
        np.clip(512 + 26 * (r[:, None] * np.sin(theta) + deep[:, :1]), 0, 1023).astype(int),
        np.clip(512 + 26 * (r[:, None] * np.cos(theta) + deep[:, 1:]), 0, 1023).astype(int),
    ]
    span = profile.points[:, 1].max()
    image *= (1 + 0.012 * rough)[..., None]

    def ring(offset, size, tone, wobble=0.0):
        line = np.abs(from_rim[:, None] - offset + wobble * rough)
        return mix(image, tone, np.clip((size / 2 - line) / 0.03 + 0.5, 0, 1))

    def motif(u, v_cm, size, turn, tone, shape):
        """One ellipse of a motif, `size` (along, across) in cm, around (angle u, arc position v)."""
        radius = max(0.5, float(np.interp(v_cm, arc, profile.points[:, 0])))
        sx, sy = width / (2 * np.pi * radius), height / arc[-1]
        steps = np.linspace(0, 2 * np.pi, 20)
        x, y = size[0] * np.cos(steps), size[1] * np.sin(steps)
        px = u / (2 * np.pi) * width + (shape[0] + x * np.cos(turn) - y * np.sin(turn)) * sx
        py = v_cm * sy + (shape[1] + x * np.sin(turn) + y * np.cos(turn)) * sy
        for shift in (-width, 0, width):
            cv2.fillPoly(image, [np.stack([px + shift, py], -1).astype(np.int32)], tone.tolist(), cv2.LINE_AA)

    if kind == "speckled":
        for _ in range(int(rng.uniform(500, 1500))):
            v = rng.uniform(0, arc[-1])
            if rng.uniform() < np.interp(v, arc, profile.points[:, 0]) / rim_r:
                size = rng.gamma(1.5, 0.02) + 0.015
                motif(rng.uniform(0, 6.283), v, (size, size * rng.uniform(0.6, 1)), 0, ink * 0.8, (0, 0))
        image = ring(0, 0.35, mix(base, colour("#7a5a3c"), 0.7), 0.05)
    elif kind == "two-tone":
        image = mix(image, ink, np.clip((from_rim[:, None] - 0.1 + 0.03 * rough) / 0.05, 0, 1))
    elif kind == "inside":
        image = mix(image, ink, np.clip((-from_rim[:, None] - 0.1 + 0.03 * rough) / 0.05, 0, 1))
    elif kind == "rim":
        image = ring(0, rng.uniform(0.3, 0.7), ink)
    elif kind == "bands":
        for side in (-1, 1):
            offset = rng.uniform(0.4, 0.9)
            for _ in range(rng.integers(1, 4)):
                size = rng.uniform(0.1, 0.6)
                image = ring(side * offset, size, ink, 0.01)
                offset += size + rng.uniform(0.2, 0.9)
    elif kind == "dipped":
        wave = 0.25 * np.sin(theta * 2 + rng.uniform(0, 6))[None, :] + 0.08 * rough
        if span > 3.5:
            past = z[:, None] - span * rng.uniform(0.4, 0.7) + wave
        else:  # a plate is dipped from its side
            past = (
                r[:, None] * np.cos(theta + rng.uniform(0, 6))[None, :] - rim_r * rng.uniform(0.1, 0.6) + wave
            )
        image = mix(image, ink, np.clip(past / 0.08, 0, 1))
    elif kind == "dots":
        count = int(2 * np.pi * rim_r / rng.uniform(1.2, 2.6))
        size = rng.uniform(0.15, 0.42)
        for row, side in enumerate((-1, -1, 1, 1, 1)):
            offset = side * (0.9 + 1.5 * (row % 3))
            for k in range(count):
                motif(
                    (k + 0.5 * (row % 2)) * 2 * np.pi / count,
                    arc[profile.rim] + offset,
                    (size, size),
                    0,
                    ink,
                    (0, 0),
                )
    elif kind == "flowers":
        second = pick(rng, INKS)
        for side in (-1, 1):
            count = rng.integers(5, 14)
            for k in range(count):
                u, v = (
                    (k + rng.uniform(-0.15, 0.15)) * 2 * np.pi / count,
                    arc[profile.rim] + side * rng.uniform(1.4, 2.2),
                )
                size, turn = rng.uniform(0.28, 0.5), rng.uniform(0, 6.28)
                motif(u, v, (size * 2.4, 0.07), rng.uniform(-0.6, 0.6), colour("#3d6a4a"), (0, size))
                for side_leaf in (-1, 1):
                    motif(
                        u,
                        v,
                        (size * 0.8, size * 0.3),
                        side_leaf * 0.7,
                        colour("#4d7a52"),
                        (side_leaf * size * 1.7, size),
                    )
                for petal in range(5):
                    a = turn + petal * 2 * np.pi / 5
                    centre = (size * 0.75 * np.cos(a), size * 0.75 * np.sin(a))
                    motif(u, v, (size * 0.6, size * 0.42), a, ink if k % 2 else second, centre)
                motif(u, v, (size * 0.3, size * 0.3), 0, colour("#d8b13c"), (0, 0))
        image = ring(0, 0.2, ink)
    elif kind == "reactive":
        depth = np.clip(np.abs(from_rim)[:, None] / (0.55 * span + 1.5) + 0.22 * rough, 0, 1)
        image = mix(
            mix(image, ink, depth),
            colour("#6b4a30"),
            np.clip(1 - np.abs(from_rim)[:, None] / 0.35 + 0.2 * rough, 0, 0.8),
        )
    elif kind == "stripes":
        count = rng.integers(10, 36)
        t = np.clip(np.sin(theta * count) * 6, -1, 1) * 0.5 + 0.5
        outside = (
            np.clip((np.abs(from_rim) - 0.4) / 0.1, 0, 1)
            if rng.uniform() < 0.5
            else np.clip((from_rim - 0.4) / 0.1, 0, 1)
        )
        image = mix(image, ink, t[None, :] * outside[:, None])
    elif kind == "transfer":
        lines = np.abs(noise(rng, height, width, 20, 50, 4, 0.7))
        zone = np.clip(np.minimum(np.abs(from_rim) - 0.3, 3.2 - np.abs(from_rim)) / 0.15, 0, 1)[:, None]
        image = mix(image, ink, np.clip((0.35 - lines) * 4, 0, 1) * zone)
        for offset in (0.25, 3.2, -0.25, -3.2):
            image = ring(offset, 0.12, ink)
    elif kind == "enamel":
        image = ring(0, rng.uniform(0.5, 0.8), ink)
    return np.clip(image, 0.01, 0.97)


GLAZE_KINDS = [
    "plain", "speckled", "two-tone", "rim", "bands", "dipped", "dots", "flowers", "reactive", "stripes", "transfer",
    "inside",
]  # fmt: skip


def wood_turned(rng, profile, tones, width=1024, height=1024):
    """Wood cut by a lathe: straight grain through the whole body, seen as rings and flames."""
    arc = profile.arc
    at = np.linspace(0, arc[-1], height)
    r, z = (
        np.interp(at, arc, profile.points[:, 0])[:, None],
        np.interp(at, arc, profile.points[:, 1])[:, None],
    )
    theta = np.linspace(0, 2 * np.pi, width)[None, :]
    x, y = r * np.cos(theta), r * np.sin(theta)
    a, b, c = rng.uniform(0.15, 0.3), rng.uniform(0, 6, 2), rng.uniform(2, 3.5)
    field = np.sqrt((y - 30 + 0.5 * np.sin(a * x + b[0])) ** 2 + (z + 20 + 0.4 * np.sin(0.3 * x + b[1])) ** 2)
    waves = noise(rng, 1024, 1024, 5, 2, 3)
    rows = np.clip((y * 30 + 512), 0, 1023).astype(int)
    columns = np.clip((x * 30 + 512), 0, 1023).astype(int)
    rings = 0.5 + 0.5 * np.sin(field * c + 1.6 * np.sin(field * 0.7) + 0.9 * waves[rows, columns])
    canvas = noise(rng, 1024, 1024, 180, 6, 4, 0.7)
    return mix(colour(tones[0]), colour(tones[1]), 0.3 + 0.32 * rings + 0.14 * canvas[rows, columns])


# ---------------------------------------------------------------- Mitsuba materials


def texture(image, wrap="repeat"):
    """A Mitsuba bitmap texture out of an sRGB array."""
    pixels = np.ascontiguousarray(np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)
    return {"type": "bitmap", "bitmap": mi.Bitmap(pixels), "filter_type": "bilinear", "wrap_mode": wrap}


def linear(tone):
    """sRGB to linear."""
    tone = np.asarray(tone, float)
    return np.where(tone <= 0.04045, tone / 12.92, ((tone + 0.055) / 1.055) ** 2.4)


def reflectance(source):
    """A texture for an image, a plain colour for three numbers."""
    if isinstance(source, dict):
        return source
    if np.ndim(source) == 3:
        return texture(source)
    return {"type": "rgb", "value": [float(x) for x in linear(source)]}


def matte(source):
    return {"type": "twosided", "bsdf": {"type": "diffuse", "reflectance": reflectance(source)}}


def varnished(source, roughness=0.1):
    """A coloured body under a clear coat: glazed ceramic, enamel, lacquered wood, plastic, skins of fruit."""
    bsdf = {"type": "roughplastic", "distribution": "ggx", "alpha": max(0.03, roughness), "int_ior": 1.5}
    return {
        "type": "twosided",
        "bsdf": {**bsdf, "diffuse_reflectance": reflectance(source), "nonlinear": True},
    }


METALS = {
    "steel": (0.62, 0.6, 0.57),
    "brushed steel": (0.55, 0.54, 0.52),
    "silver": (0.86, 0.84, 0.79),
    "brass": (0.78, 0.6, 0.27),
    "copper": (0.82, 0.5, 0.36),
    "black steel": (0.07, 0.07, 0.075),
}


def metal(name, roughness):
    tint = METALS[name]
    bsdf = {"type": "principled", "metallic": 1.0, "roughness": float(np.sqrt(roughness)), "specular": 0.5}
    return {"type": "twosided", "bsdf": {**bsdf, "base_color": {"type": "rgb", "value": list(tint)}}}


def glass(tint=(1.0, 1.0, 1.0)):
    return {
        "type": "dielectric",
        "int_ior": 1.5,
        "specular_transmittance": {"type": "rgb", "value": list(tint)},
    }
